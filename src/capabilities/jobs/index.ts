/** Front door of the jobs capability: Glue jobs and their flow, Livy's applications and sessions, EMR's clusters. */
export { createJobs, type JobsCapability, type JobsConfig, type JobsParts } from './capability.ts';
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
