/** OVER and ORDER BY. NULLs come last in both directions unless the query says otherwise, as in Trino. */
import { SqlError } from '../errors.ts';
import type { FrameBound, FunctionCall, Position, SortItem, WindowFrame, WindowSpec } from '../tree/expressions.ts';
import type { ExpressionTranslator } from './expressions.ts';

export function orderBySql(items: readonly SortItem[], translator: ExpressionTranslator): string {
  return items.map((item) => sortSql(translator.translate(item.expression).sql, item)).join(', ');
}

export function sortSql(sql: string, item: Pick<SortItem, 'descending' | 'nulls'>): string {
  return `${sql} ${item.descending ? 'DESC' : 'ASC'} NULLS ${item.nulls === 'first' ? 'FIRST' : 'LAST'}`;
}

export function overSql(over: NonNullable<FunctionCall['over']>, translator: ExpressionTranslator): string {
  const spec = 'value' in over ? namedWindow(over.value, over.at, translator) : over;
  const full = withBase(spec, translator);
  const parts: string[] = [];
  if (full.partitionBy.length > 0) {
    parts.push(
      `PARTITION BY ${translator
        .all(full.partitionBy)
        .map((key) => key.sql)
        .join(', ')}`,
    );
  }
  if (full.orderBy.length > 0) parts.push(`ORDER BY ${orderBySql(full.orderBy, translator)}`);
  if (full.frame !== undefined) parts.push(frameSql(full.frame, translator));
  return `(${parts.join(' ')})`;
}

function namedWindow(name: string, at: Position, translator: ExpressionTranslator): WindowSpec {
  const found = translator.context.windows.find((window) => window.name.value === name);
  if (found === undefined) throw new SqlError('INVALID_COLUMN_REFERENCE', at, `Cannot resolve WINDOW name ${name}`);
  return found.spec;
}

/** `(w ORDER BY …)` takes the partitioning, and the order where it has none, from the window `w`. */
function withBase(spec: WindowSpec, translator: ExpressionTranslator, depth = 0): WindowSpec {
  if (spec.base === undefined) return spec;
  if (depth > 50)
    throw new SqlError('INVALID_COLUMN_REFERENCE', spec.base.at, `WINDOW ${spec.base.text} refers to itself`);
  const base = withBase(namedWindow(spec.base.value, spec.base.at, translator), translator, depth + 1);
  const orderBy = spec.orderBy.length > 0 ? spec.orderBy : base.orderBy;
  const frame = spec.frame ?? base.frame;
  return { partitionBy: base.partitionBy, orderBy, ...(frame === undefined ? {} : { frame }) };
}

function frameSql(frame: WindowFrame, translator: ExpressionTranslator): string {
  const start = boundSql(frame.start, translator);
  const end = frame.end === undefined ? 'CURRENT ROW' : boundSql(frame.end, translator);
  return `${frame.unit.toUpperCase()} BETWEEN ${start} AND ${end}`;
}

function boundSql(bound: FrameBound, translator: ExpressionTranslator): string {
  switch (bound.kind) {
    case 'unbounded-preceding':
      return 'UNBOUNDED PRECEDING';
    case 'unbounded-following':
      return 'UNBOUNDED FOLLOWING';
    case 'current-row':
      return 'CURRENT ROW';
    default:
      return `${translator.translate(bound.offset).sql} ${bound.kind.toUpperCase()}`;
  }
}
