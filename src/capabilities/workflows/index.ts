/** Front door of the workflows capability: Step Functions, durable. */
import type { Schema } from '#kernel/state';
import { executionSchema } from './execution/store/schema.ts';
import { machinesSchema } from './machines/store.ts';

export { createWorkflows, type WorkflowsParts } from './capability.ts';
export type { Executions } from './execution/executions.ts';
export const workflowsSchemas: readonly Schema[] = [machinesSchema, executionSchema];
