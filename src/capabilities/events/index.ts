/** Front door of the events capability: EventBridge rules and schedules. */
export { createEvents, schema } from './capability.ts';
export type { Rules } from './rules.ts';
