/** Front door of the events capability: EventBridge rules and schedules. */
export { createEvents } from './capability.ts';
export type { Rules } from './rules.ts';
export { eventsSchema } from './store.ts';
