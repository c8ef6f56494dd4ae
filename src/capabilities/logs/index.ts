/** Front door of the logs capability: log groups, streams and events in the form of CloudWatch Logs. */
export { createLogs } from './capability.ts';
export type { Logs, LogLine } from './logs.ts';
export { logsSchema } from './store.ts';
