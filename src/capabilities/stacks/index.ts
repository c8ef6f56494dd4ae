/** Front door of the stacks capability: CloudFormation. */
export { createStacks } from './capability.ts';
export type { StacksPlatform } from './capability.ts';
export type { Stacks } from './stacks.ts';
export { stacksSchema } from './store.ts';
