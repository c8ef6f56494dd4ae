/** The SQL front end: Trino's language and Hive DDL, parsed to a typed tree and translated to DuckDB. */
export * from './tree/expressions.ts';
export * from './tree/queries.ts';
export * from './tree/statements.ts';
export * from './types/sql-type.ts';
export * from './translation/translation.ts';
export * from './errors.ts';
export * from './quoting.ts';
export { parseExpression, parseScript, parseStatement, splitScript } from './parser/statement-parser.ts';
export { parseType } from './parser/type-parser.ts';
export { statementSizeMaxBytes } from './parser/tokens.ts';
export { fromHive, toHive } from './types/hive-type.ts';
export { toEngineType } from './types/engine-type.ts';
export { commonType, isCoercible } from './types/coercion.ts';
export { translateQuery } from './translation/translate.ts';
export { duckdbPrelude, duckdbSettings } from './engine/prelude.ts';
export { errorOfEngine } from './engine/engine-errors.ts';
export { listFunctions } from './functions/registry.ts';
