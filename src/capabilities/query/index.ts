/** The query capability's front door. */
export { createQuery, type QueryConfig, type QueryParts } from './capability.ts';
export type { EngineProgress, FileFormat, QueryEngine } from './engines/engine.ts';
export { ParquetRows, type ParquetRequest } from './engines/parquet-rows.ts';
export type { Execution, ExecutionProgress, ExecutionState, ResultColumn } from './execution.ts';
export { Queries } from './queries.ts';
export { Scripts, type ScriptOptions, type ScriptResult } from './scripts.ts';
export type { FilePolicy, OutputFolder } from './statements/file-policy.ts';
export { querySchema } from './store/schema.ts';
export type { StartRequest } from './start-request.ts';
export { WorkGroups } from './work-groups.ts';
