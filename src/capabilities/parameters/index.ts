/** Front door of the parameters capability: Systems Manager Parameter Store. */
export { createParameters } from './capability.ts';
export type { Parameters, ReadParameter } from './parameters.ts';
export { parametersSchema } from './store.ts';
