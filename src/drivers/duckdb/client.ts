/** What the query engine uses of this driver. */
export { DuckdbPool, type PoolOptions, type RunOptions } from './pool.ts';
export { EngineError, type EngineErrorKind } from './engine-error.ts';
export { quoteName, quoteText } from './instance.ts';
export { duckTypeOf } from './scans/duck-type.ts';
export type { Progress, ScanCounts, StatementResult, Work, WorkResult, WorkStatement } from './protocol.ts';
export type { Scan, ScanColumn, ScanFile, ScanSource } from './scans/scan.ts';
