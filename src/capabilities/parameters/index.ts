/** Front door of the parameters capability: Systems Manager Parameter Store. */
export { createParameters, schema } from './capability.ts';
export type { Parameters, ReadParameter } from './parameters.ts';
