/** FROM: names to scans, views and common tables; aliases, joins, samples. UNNEST is in unnest.ts. */
import { SqlError, notSupported } from '../errors.ts';
import { parseStatement } from '../parser/statement-parser.ts';
import { quoteIdentifier } from '../quoting.ts';
import type { Identifier } from '../tree/expressions.ts';
import type { QualifiedName, Relation } from '../tree/queries.ts';
import { varcharType } from '../types/sql-type.ts';
import { joinRelations } from './joins.ts';
import type { CommonTableEntry, FromResult, QueryColumn, QueryHost, QueryResult, Surroundings } from './query-host.ts';
import type { ScopeColumn } from './scope.ts';
import type { CatalogRelation, RelationName } from './translation.ts';
import { renamed } from './renaming.ts';
import { unnestAlone } from './unnest.ts';

export function translateRelation(node: Relation, around: Surroundings, host: QueryHost): FromResult {
  switch (node.kind) {
    case 'relation':
      return namedRelation(node.name, around, host);
    case 'aliased':
      return aliased(node, around, host);
    case 'subquery': {
      const result = host.query(node.query, around);
      return derived(result, host.session.newName('q'), [], node.lateral ? 'LATERAL ' : '');
    }
    case 'unnest':
      return unnestAlone(node, undefined, around, host);
    case 'join':
      return joinRelations(node, around, host);
    case 'sample':
      return sampled(node, around, host);
  }
}

/** A query's result as a relation of the FROM. */
export function derived(result: QueryResult, alias: string, qualifier: readonly string[], prefix = ''): FromResult {
  const columns = result.columns.map((column): ScopeColumn => scopeColumn(column, alias));
  return { sql: `${prefix}(${result.sql}) AS ${alias}`, relations: [{ qualifier, columns }] };
}

function scopeColumn(column: QueryColumn, alias: string): ScopeColumn {
  return {
    name: column.name,
    label: column.label,
    sql: `${alias}.${quoteIdentifier(column.physical)}`,
    type: column.type,
    ...(column.partition === undefined ? {} : { partition: column.partition }),
    ...(column.onUse === undefined ? {} : { onUse: column.onUse }),
  };
}

function namedRelation(name: QualifiedName, around: Surroundings, host: QueryHost): FromResult {
  const [only] = name.parts;
  const common = name.parts.length === 1 && only !== undefined ? around.tables.get(only.value) : undefined;
  if (common !== undefined && only !== undefined) return commonTable(common, only, host);
  const full = fullName(name, around);
  const found = host.session.options.catalog.findRelation(full);
  if (found === undefined) {
    throw new SqlError(
      'TABLE_NOT_FOUND',
      name.at,
      `Table '${full.catalog}.${full.database}.${full.table}' does not exist`,
    );
  }
  const qualifier = [full.table, full.database, full.catalog];
  if (found.kind === 'view') return view(found, full, name, host);
  return scan(found, full, qualifier, name, host);
}

export function fullName(name: QualifiedName, around: Pick<Surroundings, 'defaults'>): RelationName {
  const [table = '', database = around.defaults.database, catalog = around.defaults.catalog] = name.parts
    .map((part) => part.value)
    .reverse();
  return { catalog: catalog.toLowerCase(), database: database.toLowerCase(), table };
}

function commonTable(entry: CommonTableEntry, name: Identifier, host: QueryHost): FromResult {
  entry.references++;
  const alias = host.session.newName('c');
  const columns = entry.columns.map((column) => {
    const translated = scopeColumn(column, alias);
    if (translated.partition === undefined) return translated;
    return { ...translated, partition: { ...translated.partition, through: [...translated.partition.through, entry] } };
  });
  return { sql: `${entry.alias} AS ${alias}`, relations: [{ qualifier: [name.value], columns }] };
}

function view(
  found: CatalogRelation & { kind: 'view' },
  full: RelationName,
  name: QualifiedName,
  host: QueryHost,
): FromResult {
  const label = `${full.catalog}.${full.database}.${full.table}`;
  return host.session.insideView(label, name.at, () => {
    const statement = parseStatement(found.sql);
    if (statement.kind !== 'query') throw new SqlError('VIEW_IS_STALE', name.at, `View '${label}' is no query`);
    const result = host.query(statement.query, { scope: undefined, tables: new Map(), defaults: found.defaults });
    const { columns } = found;
    if (columns !== undefined && columns.length !== result.columns.length) {
      throw new SqlError(
        'VIEW_IS_STALE',
        name.at,
        `View '${label}' is stale or in invalid state: it has ${columns.length} columns, its query gives ${result.columns.length}`,
      );
    }
    const named =
      columns === undefined
        ? result.columns
        : result.columns.map((column, index) => ({
            ...column,
            name: columns[index]?.name,
            label: columns[index]?.name ?? '',
          }));
    return derived({ ...result, columns: named }, host.session.newName('v'), [full.table, full.database, full.catalog]);
  });
}

function scan(
  found: CatalogRelation & { kind: 'table' },
  full: RelationName,
  qualifier: readonly string[],
  name: QualifiedName,
  host: QueryHost,
): FromResult {
  const state = host.session.addScan(name.at, {
    name: full,
    handle: found.handle,
    columns: found.columns,
    partitionKeys: found.partitionKeys,
  });
  const { reference: alias } = state;
  const keys = new Set(found.partitionKeys.map((key) => key.name));
  const columns = [...found.columns, ...found.partitionKeys].map((column): ScopeColumn => ({
    name: column.name,
    label: column.name,
    sql: `${alias}.${quoteIdentifier(column.name)}`,
    type: column.type,
    onUse: () => state.used.add(column.name),
    ...(keys.has(column.name)
      ? { partition: { scan: state.index, key: column.name, type: column.type, through: [] } }
      : {}),
  }));
  const path: ScopeColumn = {
    name: '$path',
    label: '$path',
    sql: `${alias}."$path"`,
    type: varcharType,
    hidden: true,
    onUse: () => (state.usesPath = true),
  };
  return { sql: `${state.alias} AS ${alias}`, relations: [{ qualifier, columns: [...columns, path] }] };
}

function aliased(node: Extract<Relation, { kind: 'aliased' }>, around: Surroundings, host: QueryHost): FromResult {
  const { relation } = node;
  const inner =
    relation.kind === 'unnest' ? unnestAlone(relation, undefined, around, host) : host.relation(relation, around);
  return { sql: inner.sql, relations: [renamed(inner.relations, node)] };
}

/** BERNOULLI and SYSTEM alike take rows by chance; the engine samples a whole relation, so it becomes a subquery. */
function sampled(node: Extract<Relation, { kind: 'sample' }>, around: Surroundings, host: QueryHost): FromResult {
  const { percentage } = node;
  if (percentage.kind !== 'literal' || !('digits' in percentage.value)) {
    throw notSupported(node.at, 'TABLESAMPLE with a percentage that is not a number');
  }
  const share = Number(percentage.value.digits);
  if (share < 0 || share > 100)
    throw new SqlError('INVALID_ARGUMENTS', node.at, `Sample percentage must be between 0 and 100: ${share}`);
  const inner = host.relation(node.relation, around);
  const alias = host.session.newName('s');
  const columns = inner.relations.flatMap((relation) => relation.columns);
  const names = columns.map((column, index) => ({ column, physical: `s${index}` }));
  const list = names.map(({ column, physical }) => `${column.sql} AS ${physical}`).join(', ');
  // "$path" would have to be read to be passed on; a sample goes without it.
  const kept = names.filter(({ column }) => column.name !== '$path');
  const bySql = new Map(kept.map(({ column, physical }) => [column, `${alias}.${physical}`]));
  const relations = inner.relations.map((relation) => ({
    ...relation,
    columns: relation.columns
      .filter((column) => bySql.has(column))
      .map((column) => ({ ...column, sql: bySql.get(column) as string })),
  }));
  const selected =
    kept.length === names.length ? list : kept.map(({ column, physical }) => `${column.sql} AS ${physical}`).join(', ');
  return { sql: `(SELECT ${selected} FROM ${inner.sql} WHERE random() * 100 < ${share}) AS ${alias}`, relations };
}
