/** One SELECT: from its FROM to its ORDER BY. */
import { SqlError, notSupported } from '../errors.ts';
import { quoteIdentifier } from '../quoting.ts';
import type { Expression, Identifier } from '../tree/expressions.ts';
import type { GroupingElement, Query, Select, SelectItem } from '../tree/queries.ts';
import { fieldName } from '../types/engine-type.ts';
import { Grouping } from '../expressions/expression-context.ts';
import { type ExpressionTranslator, fieldOf } from '../expressions/expressions.ts';
import { crossJoinAll } from './joins.ts';
import type { QueryColumn, QueryHost, QueryResult, Surroundings } from './query-host.ts';
import { Scope, type ScopeColumn, type ScopeRelation } from './scope.ts';
import type { Typed } from '../expressions/typed.ts';
import { sortSql } from '../expressions/windows.ts';

interface Output {
  readonly name: string | undefined;
  readonly label: string;
  readonly value: Typed;
  readonly partition?: ScopeColumn['partition'];
  readonly onUse: () => void;
}

/** @param tail the query's ORDER BY and limits when this SELECT is its whole body */
export function translateSelect(
  node: Select,
  tail: Query | undefined,
  around: Surroundings,
  host: QueryHost,
): QueryResult {
  const from = node.from.length === 0 ? undefined : crossJoinAll(node.from, around, host);
  const scope = new Scope(from?.relations ?? [], around.scope);
  const where = whereSql(node, scope, around, host);
  const grouping = new Grouping();
  const translator = host.expressions(scope, around, { grouping, windows: node.windows });
  const groupBy = groupBySql(node, scope, around, host, grouping);
  if (node.groupBy !== undefined || node.having !== undefined) grouping.isAggregated = true;
  const outputs = node.items.flatMap((item) => selectItem(item, scope, translator));
  const having = node.having === undefined ? '' : ` HAVING ${translator.condition(node.having, 'HAVING clause').sql}`;
  const orderBy = tail === undefined ? '' : orderBySql(node, tail, outputs, scope, around, host, grouping);
  const [stray] = grouping.strays;
  if (grouping.isAggregated && stray !== undefined) throw stray;
  if (node.distinct) outputs.forEach((output) => output.onUse());
  const isWhole = tail === undefined || (tail.limit === undefined && tail.offset === undefined);
  const columns = outputColumns(outputs, isWhole && !grouping.hasWindow ? grouping : undefined);
  const list = columns.map((column, index) => `${outputs[index]?.value.sql} AS ${quoteIdentifier(column.physical)}`);
  const fromSql = from === undefined ? '' : ` FROM ${from.sql}`;
  const sql = `SELECT ${node.distinct ? 'DISTINCT ' : ''}${list.join(', ')}${fromSql}${where}${groupBy}${having}${orderBy}`;
  return { sql, columns };
}

function whereSql(node: Select, scope: Scope, around: Surroundings, host: QueryHost): string {
  if (node.where === undefined) return '';
  const { sql } = host
    .expressions(scope, around, { plainClause: 'WHERE clause' })
    .condition(node.where, 'WHERE clause');
  host.prune(node.where, scope, () => true);
  return ` WHERE ${sql}`;
}

function selectItem(item: SelectItem, scope: Scope, translator: ExpressionTranslator): Output[] {
  const { session } = translator.context;
  if (item.kind === 'star') return starItem(item, scope, translator);
  const { value, onUse } = session.captureUses(() => translator.translate(item.expression));
  const label = item.alias?.text ?? nameOf(item.expression);
  const partition = item.expression.kind === 'name' ? partitionOf(item.expression.parts, scope) : undefined;
  return [
    { name: label?.toLowerCase(), label: label ?? '', value, onUse, ...(partition === undefined ? {} : { partition }) },
  ];
}

/** The name an expression has without AS: a column's or a field's own. */
function nameOf(node: Expression): string | undefined {
  if (node.kind === 'name') return node.parts.at(-1)?.text;
  return node.kind === 'field' ? node.field.text : undefined;
}

function partitionOf(parts: readonly Identifier[], scope: Scope): ScopeColumn['partition'] {
  const at = (parts[0] as Identifier).at;
  const { column, taken, isOuter } = scope.resolve(parts, at);
  return isOuter || taken !== parts.length ? undefined : column.partition;
}

function starItem(
  item: Extract<SelectItem, { kind: 'star' }>,
  scope: Scope,
  translator: ExpressionTranslator,
): Output[] {
  const columns = starColumns(item, scope, translator);
  if (columns.length === 0)
    throw new SqlError('COLUMN_NOT_FOUND', item.at, 'SELECT * not allowed from relation that has no columns');
  const { columns: names } = item;
  if (names !== undefined && names.length !== columns.length) {
    throw new SqlError(
      'MISMATCHED_COLUMN_ALIASES',
      item.at,
      `Column alias list has ${names.length} entries but relation has ${columns.length} columns`,
    );
  }
  return columns.map((column, index) => ({
    ...column,
    ...(names === undefined ? {} : { name: names[index]?.value, label: names[index]?.text ?? '' }),
  }));
}

function starColumns(
  item: Extract<SelectItem, { kind: 'star' }>,
  scope: Scope,
  translator: ExpressionTranslator,
): Output[] {
  const { grouping, session } = translator.context;
  const expand = (relations: readonly ScopeRelation[]): Output[] =>
    relations.flatMap((relation) =>
      relation.columns
        .filter((column) => column.hidden !== true)
        .map((column) => {
          if (grouping !== undefined && !grouping.keys.has(column.sql)) {
            grouping.strays.push(
              new SqlError(
                'EXPRESSION_NOT_AGGREGATE',
                item.at,
                `'${column.label}' must be an aggregate expression or appear in GROUP BY clause`,
              ),
            );
          }
          const { name, label, sql, type, partition } = column;
          return {
            name,
            label,
            value: { sql, type, at: item.at },
            onUse: () => session.use(column.onUse),
            ...(partition === undefined ? {} : { partition }),
          };
        }),
    );
  const { base } = item;
  if (base === undefined) {
    if (scope.relations.length === 0)
      throw new SqlError('COLUMN_NOT_FOUND', item.at, 'SELECT * not allowed in queries without FROM clause');
    return expand(scope.relations);
  }
  if (base.kind === 'name') {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
      const named = at.relationsNamed(base.parts);
      if (named.length > 0) return expand(named);
    }
    if (base.parts.length > 1 || !isColumn(scope, base.parts)) {
      throw new SqlError(
        'TABLE_NOT_FOUND',
        item.at,
        `Unable to resolve reference ${base.parts.map((part) => part.text).join('.')}`,
      );
    }
  }
  const { value, onUse } = session.captureUses(() => translator.translate(base));
  if (value.type.kind !== 'row') throw new SqlError('TYPE_MISMATCH', item.at, 'expected expression of type Row');
  return value.type.fields.map((field, index) => {
    const name = fieldName(field, index);
    const part = fieldOf(
      {
        ...value,
        type: {
          kind: 'row',
          fields:
            value.type.kind === 'row'
              ? value.type.fields.map((other, i) => ({ name: fieldName(other, i), type: other.type }))
              : [],
        },
      },
      { value: name, text: name, quoted: true, at: item.at },
    );
    return { name: field.name?.toLowerCase(), label: field.name ?? '', value: part, onUse };
  });
}

function isColumn(scope: Scope, parts: readonly Identifier[]): boolean {
  try {
    scope.resolve(parts, (parts[0] as Identifier).at);
    return true;
  } catch {
    return false;
  }
}

/** Physical names: the output's own where it is free, else with a number behind it. */
function outputColumns(outputs: readonly Output[], grouping: Grouping | undefined): QueryColumn[] {
  const taken = new Set<string>();
  return outputs.map(({ name, label, value, partition, onUse }, index) => {
    const wanted = label === '' ? `_col${index}` : label;
    let physical = wanted;
    for (let count = 1; taken.has(physical.toLowerCase()); count++) physical = `${wanted}_${count}`;
    taken.add(physical.toLowerCase());
    // A filter outside may reach a partition key only where this query keeps whole groups and all rows.
    const passes =
      grouping !== undefined && (!grouping.isAggregated || (!grouping.hasSets && grouping.keys.has(value.sql)));
    return {
      name,
      label,
      physical,
      type: value.type,
      onUse,
      ...(partition !== undefined && passes ? { partition } : {}),
    };
  });
}

function groupBySql(node: Select, scope: Scope, around: Surroundings, host: QueryHost, grouping: Grouping): string {
  if (node.groupBy === undefined) return '';
  const { distinct, elements } = node.groupBy;
  if (distinct && elements.length > 1) throw notSupported(node.at, 'GROUP BY DISTINCT');
  const translator = host.expressions(scope, around, { plainClause: 'GROUP BY clause' });
  const key = (expression: Expression): string => {
    const target = ordinalTarget(expression, node, translator);
    const { sql } = target;
    grouping.keys.add(sql);
    // A bare number would be read as an ordinal.
    return /^\(?-?\d+\)?$/.test(sql) ? `CAST(${sql} AS BIGINT)` : sql;
  };
  grouping.hasSets = elements.some((element) => element.kind !== 'simple');
  const parts = elements.map((element) => elementSql(element, key));
  return parts.length === 1 && parts[0] === ''
    ? ' GROUP BY ()'
    : ` GROUP BY ${parts.filter((part) => part !== '').join(', ')}`;
}

function elementSql(element: GroupingElement, key: (expression: Expression) => string): string {
  if (element.kind === 'simple') return element.expressions.map(key).join(', ');
  const sets = element.sets.map((set) =>
    set.length === 1 ? key(set[0] as Expression) : `(${set.map(key).join(', ')})`,
  );
  return `${element.kind === 'sets' ? 'GROUPING SETS' : element.kind.toUpperCase()} (${sets.join(', ')})`;
}

/** `GROUP BY 2` means the second item of the SELECT. */
function ordinalTarget(expression: Expression, node: Select, translator: ExpressionTranslator): Typed {
  if (expression.kind !== 'literal' || expression.value.type !== 'integer') return translator.translate(expression);
  const position = Number(expression.value.digits);
  const hasStar = node.items.slice(0, position).some((item) => item.kind === 'star');
  const item = hasStar ? undefined : node.items[position - 1];
  if (item?.kind !== 'expression') {
    if (hasStar) return starTarget(position, node, translator, expression);
    throw new SqlError(
      'INVALID_COLUMN_REFERENCE',
      expression.at,
      `GROUP BY position ${position} is not in select list`,
    );
  }
  return translator.translate(item.expression);
}

function starTarget(position: number, node: Select, translator: ExpressionTranslator, expression: Expression): Typed {
  const outputs = node.items.flatMap((item) =>
    item.kind === 'star'
      ? starColumns(item, translator.context.scope, translator).map((output) => ({ value: output.value }))
      : [{ value: translator.translate(item.expression) }],
  );
  const found = outputs[position - 1];
  if (found === undefined)
    throw new SqlError(
      'INVALID_COLUMN_REFERENCE',
      expression.at,
      `GROUP BY position ${position} is not in select list`,
    );
  return found.value;
}

function orderBySql(
  node: Select,
  tail: Query,
  outputs: readonly Output[],
  scope: Scope,
  around: Surroundings,
  host: QueryHost,
  grouping: Grouping,
): string {
  if (tail.orderBy.length === 0) return '';
  const columns = outputs.map((output): ScopeColumn => ({
    name: output.name,
    label: output.label,
    sql: output.value.sql,
    type: output.value.type,
    onUse: output.onUse,
  }));
  const ordered = new Scope([{ qualifier: [], columns }], scope, 'output');
  const translator = host.expressions(ordered, around, { grouping, windows: node.windows });
  const items = tail.orderBy.flatMap((item) => {
    const position = outputPosition(item.expression, outputs);
    if (position !== undefined) return [sortSql(String(position), item)];
    const { sql, constant } = translator.translate(item.expression);
    // A literal orders nothing, and the engine refuses it.
    return constant === undefined ? [sortSql(sortable(sql), item)] : [];
  });
  return items.length === 0 ? '' : ` ORDER BY ${items.join(', ')}`;
}

function sortable(sql: string): string {
  return /^\(?-?\d+\)?$/.test(sql) ? `CAST(${sql} AS BIGINT)` : sql;
}

/** The output that an ordinal or an output's name means; undefined for an expression. @throws for a position outside */
export function outputPosition(
  node: Expression,
  outputs: readonly { readonly name: string | undefined; readonly onUse?: () => void }[],
): number | undefined {
  let position: number | undefined;
  if (node.kind === 'literal' && node.value.type === 'integer') {
    position = Number(node.value.digits);
    if (position < 1 || position > outputs.length) {
      throw new SqlError('INVALID_COLUMN_REFERENCE', node.at, `ORDER BY position ${position} is not in select list`);
    }
  } else if (node.kind === 'name' && node.parts.length === 1) {
    const matching = outputs.flatMap((output, index) => (output.name === node.parts[0]?.value ? [index + 1] : []));
    if (matching.length === 1) position = matching[0];
  }
  if (position !== undefined) outputs[position - 1]?.onUse?.();
  return position;
}
