/** The entry of the translation: one query to the engine's SQL, with the tables it reads. */
import { SqlError } from '../errors.ts';
import { quoteIdentifier } from '../quoting.ts';
import type { Query } from '../tree/queries.ts';
import { toEngineType } from '../types/engine-type.ts';
import { varcharType } from '../types/sql-type.ts';
import { combineFilters } from './partition-filter.ts';
import { QueryTranslator } from './queries.ts';
import { type ScanState, Session } from './session.ts';
import type { Scan, TranslateOptions, Translation } from './translation.ts';

const pathColumn = { name: '$path', type: varcharType };

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
  const { sql, scans } = withUnread(result.sql, session);
  return {
    sql,
    columns: result.columns.map((column, index) => ({
      name: column.label === '' ? `_col${index}` : column.label,
      type: column.type,
      anonymous: column.label === '',
    })),
    scans: scans as readonly Scan<H>[],
  };
}

/**
 * A subquery's output that nobody reads keeps its place in the SQL, since leaving it out could change the number of rows
 * (`SELECT count(x)`). The columns that only such outputs mention are not scanned: NULL stands in for them.
 */
function withUnread(sql: string, session: Session): { sql: string; scans: readonly Scan[] } {
  const mentioned = new Set(sql.match(/\bt\d+\."(?:[^"]|"")*"/g));
  const standIns: string[] = [];
  const scans = session.scans.flatMap((state) => {
    if (session.isDropped(state.index)) return [];
    const scan = toScan(state);
    const cells = [...state.columns, ...state.partitionKeys, ...(state.usesPath ? [] : [pathColumn])]
      .filter(({ name }) => !state.used.has(name) && mentioned.has(`${state.reference}.${quoteIdentifier(name)}`))
      .map(({ name, type }) => `CAST(NULL AS ${toEngineType(type)}) AS ${quoteIdentifier(name)}`);
    if (cells.length === 0) return [scan];
    const alias = `${scan.alias}_read`;
    standIns.push(`${scan.alias} AS (SELECT *, ${cells.join(', ')} FROM ${alias})`);
    return [{ ...scan, alias }];
  });
  if (standIns.length === 0) return { sql, scans };
  const [, own = 'WITH ', tables] = /^(WITH (?:RECURSIVE )?)(.*)$/s.exec(sql) ?? [];
  return { sql: `${own}${standIns.join(', ')}${tables === undefined ? ` ${sql}` : `, ${tables}`}`, scans };
}

function toScan(state: ScanState): Scan {
  const filters = state.predicates
    .filter(({ through }) => through.every((entry) => entry.references === 1))
    .map(({ predicate }) => predicate);
  const order = [...state.columns, ...state.partitionKeys].map((column) => column.name);
  return {
    alias: state.alias,
    name: state.name,
    handle: state.handle,
    columnsUsed: order.filter((name) => state.used.has(name)),
    usesPath: state.usesPath,
    ...(filters.length === 0 ? {} : { partitionFilter: combineFilters(filters) }),
  };
}
