/** Front door of the jobs capability: Glue jobs, their runs, triggers and workflows. */
export { createJobs, type JobsCapability, type JobsParts } from './capability.ts';
export type { ScriptEngine, ScriptWork } from './engines/engine.ts';
export { SqlEngine } from './engines/sql.ts';
export type { Jobs } from './jobs.ts';
export type { JobRuns } from './runs/job-runs.ts';
export {
  identityMapping,
  proposeScript,
  type ColumnMapping,
  type ProposalRequest,
  type ProposedFormat,
} from './script-proposal.ts';
export { jobsSchema } from './store/schema.ts';
