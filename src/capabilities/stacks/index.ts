/** Front door of the stacks capability: CloudFormation. */
export { createStacks, schema } from './capability.ts';
export type { StacksPlatform } from './capability.ts';
export type { Stacks } from './stacks.ts';
