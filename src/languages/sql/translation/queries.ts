/** Whole queries: WITH, set operations, VALUES, ORDER BY and limits around what select.ts does. */
import { SqlError, notSupported, typeMismatch } from '../errors.ts';
import { quoteIdentifier } from '../quoting.ts';
import type { Expression } from '../tree/expressions.ts';
import type { CommonTable, Query, QueryBody, Relation, Select, SetOperation } from '../tree/queries.ts';
import { commonType } from '../types/coercion.ts';
import { toEngineType } from '../types/engine-type.ts';
import { formatType, sameType, type SqlType } from '../types/sql-type.ts';
import type { Grouping } from '../expressions/expression-context.ts';
import { ExpressionTranslator } from '../expressions/expressions.ts';
import { partitionConjuncts } from './partition-filter.ts';
import type { CommonTableEntry, FromResult, QueryColumn, QueryHost, QueryResult, Surroundings } from './query-host.ts';
import { translateRelation } from './relations.ts';
import { Scope } from './scope.ts';
import { outputPosition, translateSelect } from './select.ts';
import type { Session } from './session.ts';
import { typed, unify } from '../expressions/typed.ts';
import { sortSql } from '../expressions/windows.ts';

export class QueryTranslator implements QueryHost {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  query(query: Query, around: Surroundings): QueryResult {
    const { tables, definitions } = this.#with(query, around);
    const inner = { ...around, tables };
    const { sql, columns } = this.#tail(query, inner);
    const used = definitions.filter(({ entry, scans }) => {
      // A common table that nothing reads is not run, as in Trino.
      if (entry.references === 0) for (const scan of scans) this.session.dropScan(scan);
      return entry.references > 0;
    });
    if (used.length === 0) return { sql, columns };
    const recursive = query.with?.recursive === true ? 'RECURSIVE ' : '';
    return { sql: `WITH ${recursive}${used.map(({ text }) => text).join(', ')} ${sql}`, columns };
  }

  expressions(
    scope: Scope,
    around: Surroundings,
    options: { plainClause?: string; grouping?: Grouping; windows?: Select['windows'] } = {},
  ): ExpressionTranslator {
    return new ExpressionTranslator({
      session: this.session,
      scope,
      windows: options.windows ?? [],
      ...(options.plainClause === undefined ? {} : { plainClause: options.plainClause }),
      ...(options.grouping === undefined ? {} : { grouping: options.grouping }),
      subquery: (query, outer) => {
        const result = this.query(query, { ...around, scope: outer });
        result.columns.forEach((column) => this.session.use(column.onUse));
        return result;
      },
    });
  }

  relation(relation: Relation, around: Surroundings): FromResult {
    return translateRelation(relation, around, this);
  }

  prune(condition: Expression, scope: Scope, allowed: (scan: number) => boolean): void {
    for (const { source, predicate } of partitionConjuncts(condition, scope)) {
      if (allowed(source.scan))
        this.session.scans[source.scan]?.predicates.push({ predicate, through: source.through });
    }
  }

  #with(
    query: Query,
    around: Surroundings,
  ): { tables: Surroundings['tables']; definitions: { entry: CommonTableEntry; text: string; scans: number[] }[] } {
    if (query.with === undefined) return { tables: around.tables, definitions: [] };
    const tables = new Map(around.tables);
    const seen = new Set<string>();
    const definitions = [];
    for (const table of query.with.entries) {
      if (seen.has(table.name.value)) {
        throw new SqlError(
          'DUPLICATE_NAMED_QUERY',
          table.name.at,
          `WITH query name '${table.name.text}' specified more than once`,
        );
      }
      seen.add(table.name.value);
      const firstScan = this.session.scans.length;
      const inner = { ...around, tables };
      const { entry, sql } =
        query.with.recursive && readsItself(table) ? this.#recursive(table, inner) : this.#commonTable(table, inner);
      tables.set(table.name.value, entry);
      const scans = Array.from({ length: this.session.scans.length - firstScan }, (_, index) => firstScan + index);
      definitions.push({ entry, text: `${entry.alias} AS (${sql})`, scans });
    }
    return { tables, definitions };
  }

  #commonTable(table: CommonTable, around: Surroundings): { entry: CommonTableEntry; sql: string } {
    const result = this.query(table.query, around);
    const columns = renameColumns(table, result.columns);
    return { entry: { alias: this.session.newName('cte'), columns, references: 0 }, sql: result.sql };
  }

  /** `base UNION ALL step`: the base gives the types, then the step may read the table. */
  #recursive(table: CommonTable, around: Surroundings): { entry: CommonTableEntry; sql: string } {
    const { body, orderBy, limit } = table.query;
    if (
      body.kind !== 'set' ||
      body.operator !== 'union' ||
      orderBy.length > 0 ||
      limit !== undefined ||
      table.query.with !== undefined
    ) {
      throw notSupported(table.name.at, 'a recursive WITH query that is not «base UNION ALL step»');
    }
    if (table.columns === undefined)
      throw new SqlError('MISSING_COLUMN_NAME', table.name.at, 'a recursive WITH query names its columns');
    const base = this.#body(body.left, undefined, around);
    base.columns.forEach((column) => this.session.use(column.onUse));
    const columns = renameColumns(table, base.columns).map(({ partition: _, onUse: __, ...column }) => column);
    const entry: CommonTableEntry = { alias: this.session.newName('cte'), columns, references: 0 };
    const step = this.#body(body.right, undefined, {
      ...around,
      tables: new Map(around.tables).set(table.name.value, entry),
    });
    step.columns.forEach((column) => this.session.use(column.onUse));
    if (step.columns.length !== columns.length) {
      throw typeMismatch(
        body.at,
        `the step of the recursive query has ${step.columns.length} columns, its base ${columns.length}`,
      );
    }
    entry.references = 0;
    const aligned = align(
      step,
      columns.map((column) => column.type),
    );
    return {
      entry,
      sql: `${align(
        base,
        columns.map((column) => column.type),
      )} UNION ${body.all ? 'ALL ' : ''}${aligned}`,
    };
  }

  #tail(query: Query, around: Surroundings): QueryResult {
    const { body } = query;
    const limits = this.#limits(query);
    if (query.withTies) throw notSupported(query.at, 'FETCH FIRST … WITH TIES', 'Use rank() in a subquery.');
    if (body.kind === 'select') {
      const result = translateSelect(body, query, around, this);
      return { ...result, sql: `${result.sql}${limits}` };
    }
    const result = this.#body(body, query, around);
    if (query.orderBy.length === 0 && limits === '') return result;
    const alias = this.session.newName('o');
    const order = this.#outerOrder(query, result, alias, around);
    const columns = limits === '' ? result.columns : result.columns.map(({ partition: _, ...column }) => column);
    return { columns, sql: `SELECT * FROM (${result.sql}) AS ${alias}${order}${limits}` };
  }

  #outerOrder(query: Query, result: QueryResult, alias: string, around: Surroundings): string {
    if (query.orderBy.length === 0) return '';
    const columns = result.columns.map((column) => ({
      ...column,
      sql: `${alias}.${quoteIdentifier(column.physical)}`,
    }));
    const translator = this.expressions(new Scope([{ qualifier: [], columns }], around.scope), around);
    const items = query.orderBy.flatMap((item) => {
      const position = outputPosition(item.expression, result.columns);
      if (position !== undefined) return [sortSql(String(position), item)];
      const { sql, constant } = translator.translate(item.expression);
      // A literal orders nothing, and the engine refuses it.
      return constant === undefined ? [sortSql(sql, item)] : [];
    });
    return items.length === 0 ? '' : ` ORDER BY ${items.join(', ')}`;
  }

  #limits(query: Query): string {
    const limit = query.limit === undefined ? '' : ` LIMIT ${this.#count(query.limit)}`;
    const offset = query.offset === undefined ? '' : ` OFFSET ${this.#count(query.offset)}`;
    return limit + offset;
  }

  #count(node: Expression): string {
    const value = node.kind === 'parameter' ? this.session.parameter(node.index, node.at) : node;
    if (value.kind !== 'literal' || value.value.type !== 'integer' || BigInt(value.value.digits) > 2n ** 63n - 1n) {
      throw new SqlError(
        'INVALID_ARGUMENTS',
        node.at,
        'LIMIT, OFFSET and FETCH take a whole number of rows that is not negative',
      );
    }
    return value.value.digits;
  }

  #body(body: QueryBody, tail: Query | undefined, around: Surroundings): QueryResult {
    switch (body.kind) {
      case 'select':
        return translateSelect(body, tail, around, this);
      case 'nested':
        return this.query(body.query, around);
      case 'table': {
        const star: Select = {
          kind: 'select',
          distinct: false,
          items: [{ kind: 'star', at: body.at }],
          from: [{ kind: 'relation', name: body.name, at: body.at }],
          windows: [],
          at: body.at,
        };
        return translateSelect(star, undefined, around, this);
      }
      case 'values':
        return this.#values(body.rows, around);
      case 'set':
        return this.#set(body, around);
    }
  }

  #values(rows: readonly Expression[], around: Surroundings): QueryResult {
    const translator = this.expressions(new Scope([], around.scope), around, { plainClause: 'VALUES' });
    const translated = rows.map((row) =>
      row.kind === 'row' ? translator.all(row.items) : [translator.translate(row)],
    );
    const width = translated[0]?.length ?? 0;
    for (const [index, row] of translated.entries()) {
      if (row.length !== width)
        throw typeMismatch(
          rows[index]?.at ?? { line: 1, column: 1 },
          `Values rows have mismatched sizes: ${width} vs ${row.length}`,
        );
    }
    const byColumn = Array.from({ length: width }, (_, index) =>
      unify(
        translated.map((row) => row[index] ?? typed('NULL', { kind: 'unknown' }, { line: 1, column: 1 })),
        (a, b) => `Values rows have mismatched types: ${formatType(a)} vs ${formatType(b)}`,
      ),
    );
    const text = translated.map(
      (_, row) => `(${byColumn.map(({ values, type }) => cellSql(values[row]?.sql ?? 'NULL', type)).join(', ')})`,
    );
    const columns = byColumn.map(({ type }, index): QueryColumn => ({
      name: undefined,
      label: '',
      physical: `_col${index}`,
      type,
    }));
    const names = columns.map((column) => column.physical).join(', ');
    return { columns, sql: `SELECT * FROM (VALUES ${text.join(', ')}) AS ${this.session.newName('w')}(${names})` };
  }

  /** A chain of set operations grows to the left and is walked in a loop. */
  #set(node: SetOperation, around: Surroundings): QueryResult {
    const steps: SetOperation[] = [];
    let leftmost: QueryBody = node;
    while (leftmost.kind === 'set') {
      steps.push(leftmost);
      leftmost = leftmost.left;
    }
    let left = this.#operand(leftmost, around);
    for (const step of steps.reverse()) {
      const right = this.#operand(step.right, around);
      const types = setTypes(step, left, right);
      const word = `${step.operator.toUpperCase()}${step.all ? ' ALL' : ''}`;
      const columns = left.columns.map(({ name, label, physical }, index): QueryColumn => ({
        name,
        label,
        physical,
        type: types[index] as SqlType,
      }));
      left = { columns, sql: `(${align(left, types)}) ${word} (${align(right, types)})` };
    }
    return left;
  }

  #operand(body: QueryBody, around: Surroundings): QueryResult {
    const result = this.#body(body, undefined, around);
    result.columns.forEach((column) => this.session.use(column.onUse));
    return result;
  }
}

function cellSql(sql: string, type: SqlType): string {
  return /^\d+$/.test(sql) && type.kind !== 'unknown' ? `CAST(${sql} AS ${toEngineType(type)})` : sql;
}

function setTypes(node: SetOperation, left: QueryResult, right: QueryResult): SqlType[] {
  if (left.columns.length !== right.columns.length) {
    throw typeMismatch(
      node.at,
      `${node.operator.toUpperCase()} query has different number of fields: ${left.columns.length}, ${right.columns.length}`,
    );
  }
  return left.columns.map((column, index) => {
    const other = right.columns[index] as QueryColumn;
    const type = commonType(column.type, other.type);
    if (type === undefined) {
      throw typeMismatch(
        node.at,
        `column ${index + 1} in ${node.operator.toUpperCase()} query has incompatible types: ${formatType(column.type)}, ${formatType(other.type)}`,
      );
    }
    return type;
  });
}

/** The query with its columns cast to these types where they differ. */
function align(result: QueryResult, types: readonly SqlType[]): string {
  const differs = result.columns.some(
    (column, index) =>
      !sameType(column.type, types[index] as SqlType) &&
      toEngineType(column.type) !== toEngineType(types[index] as SqlType),
  );
  if (!differs) return result.sql;
  const list = result.columns.map((column, index) => {
    const name = quoteIdentifier(column.physical);
    return `CAST(${name} AS ${toEngineType(types[index] as SqlType)}) AS ${name}`;
  });
  return `SELECT ${list.join(', ')} FROM (${result.sql})`;
}

function renameColumns(table: CommonTable, columns: readonly QueryColumn[]): QueryColumn[] {
  const names = table.columns;
  if (names === undefined) return [...columns];
  if (names.length !== columns.length) {
    throw new SqlError(
      'MISMATCHED_COLUMN_ALIASES',
      table.name.at,
      `Column alias list has ${names.length} entries but WITH query(${table.name.text}) has ${columns.length} columns`,
    );
  }
  return columns.map((column, index) => ({ ...column, name: names[index]?.value, label: names[index]?.text ?? '' }));
}

/** Whether a WITH RECURSIVE entry names itself; an entry that does not is an ordinary one. */
function readsItself(table: CommonTable): boolean {
  return (
    JSON.stringify(table.query.body).includes(`"value":${JSON.stringify(table.name.value)}`) &&
    table.query.body.kind === 'set'
  );
}
