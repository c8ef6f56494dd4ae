/** Front door of the events capability: EventBridge buses, rules and connections, and EventBridge Scheduler. */
export { createEvents, type EventsCapability, type EventsParts } from './capability.ts';
export type { Authorization, Connections } from './connections/connections.ts';
export type { Rules } from './rules/rules.ts';
export { eventsSchema } from './store/schema.ts';
