/** The entry of the translation: one query to the engine's SQL, with the tables it reads. */
import { SqlError } from '../errors.ts';
import type { Query } from '../tree/queries.ts';
import { combineFilters } from './partition-filter.ts';
import { QueryTranslator } from './queries.ts';
import { type ScanState, Session } from './session.ts';
import type { Scan, TranslateOptions, Translation } from './translation.ts';

/**
 * Translates a query for DuckDB. Every name is resolved against the catalog, every value is quoted anew; the SQL names no
 * relation but the scans' aliases, no file and no function that the tables of functions/ do not know.
 * @throws SqlError with Trino's code and `line L:C:`
 */
export function translateQuery<H>(query: Query, options: TranslateOptions<H>): Translation<H> {
  const session = new Session(options);
  const result = new QueryTranslator(session).query(query, {
    scope: undefined,
    tables: new Map(),
    defaults: options.defaults,
  });
  for (const column of result.columns) column.onUse?.();
  const given = options.parameters?.length ?? 0;
  if (given !== session.parametersUsed) {
    throw new SqlError(
      'INVALID_PARAMETER_USAGE',
      query.at,
      `Incorrect number of parameters: expected ${session.parametersUsed} but found ${given}`,
    );
  }
  return {
    sql: result.sql,
    columns: result.columns.map((column, index) => ({
      name: column.label === '' ? `_col${index}` : column.label,
      type: column.type,
      anonymous: column.label === '',
    })),
    scans: session.scans.filter((scan) => !session.isDropped(scan.index)).map((scan) => toScan<H>(scan)),
  };
}

function toScan<H>(state: ScanState): Scan<H> {
  const filters = state.predicates
    .filter(({ through }) => through.every((entry) => entry.references === 1))
    .map(({ predicate }) => predicate);
  const order = [...state.columns, ...state.partitionKeys].map((column) => column.name);
  return {
    alias: state.alias,
    name: state.name,
    handle: state.handle as H,
    columnsUsed: order.filter((name) => state.used.has(name)),
    usesPath: state.usesPath,
    ...(filters.length === 0 ? {} : { partitionFilter: combineFilters(filters) }),
  };
}
