/** Operators over typed values: arithmetic with Trino's result types, comparison, concatenation. */
import { typeMismatch } from '../errors.ts';
import type { ArithmeticOperator, ComparisonOperator, Position } from '../tree/expressions.ts';
import { asDecimal, commonType, decimalOf, isInteger, isNumeric, isText } from '../types/coercion.ts';
import { toEngineType } from '../types/engine-type.ts';
import { bigintType, booleanType, formatType, type SqlType, varbinaryType, varcharType } from '../types/sql-type.ts';
import { coerce, typed, type Typed } from './typed.ts';

export function comparison(operator: ComparisonOperator, left: Typed, right: Typed, at: Position): Typed {
  const type = commonType(left.type, right.type);
  const orders = operator !== '=' && operator !== '<>';
  if (type === undefined || (orders && (type.kind === 'map' || type.kind === 'json'))) {
    throw cannotApply(operator, left, right, at);
  }
  return typed(`(${coerce(left, type).sql} ${operator} ${coerce(right, type).sql})`, booleanType, at);
}

export function cannotApply(operator: string, left: Typed, right: Typed, at: Position): Error {
  return typeMismatch(at, `Cannot apply operator: ${formatType(left.type)} ${operator} ${formatType(right.type)}`);
}

export function arithmetic(operator: ArithmeticOperator, left: Typed, right: Typed, at: Position): Typed {
  if (left.type.kind === 'unknown' && isNumeric(right.type))
    return arithmetic(operator, coerce(left, right.type), right, at);
  if (right.type.kind === 'unknown' && isNumeric(left.type))
    return arithmetic(operator, left, coerce(right, left.type), at);
  if (isNumeric(left.type) && isNumeric(right.type)) return numeric(operator, left, right, at);
  const temporal = temporalArithmetic(operator, left, right, at);
  if (temporal === undefined) throw cannotApply(operator, left, right, at);
  return temporal;
}

function numeric(operator: ArithmeticOperator, left: Typed, right: Typed, at: Position): Typed {
  const common = commonType(left.type, right.type) as SqlType;
  if (common.kind === 'decimal') return decimalArithmetic(operator, left, right, at);
  const [a, b] = [coerce(left, common), coerce(right, common)];
  if (!isInteger(common)) {
    return operator === '%'
      ? typed(`fmod(${a.sql}, ${b.sql})`, common, at)
      : typed(`(${a.sql} ${operator} ${b.sql})`, common, at);
  }
  // The engine reads a small literal as whatever integer it stands beside; the cast keeps Trino's type and overflow.
  const first = a.constant === undefined ? a.sql : `CAST(${a.sql} AS ${toEngineType(common)})`;
  if (operator === '/') return typed(`(${first} // ${divisor(b)})`, common, at);
  if (operator === '%') return typed(`(${first} % ${divisor(b)})`, common, at);
  return typed(`(${first} ${operator} ${b.sql})`, common, at);
}

/** A divisor that raises DIVISION_BY_ZERO; a literal that is not zero needs no check. */
function divisor(value: Typed): string {
  return value.constant !== undefined && Number(value.constant) !== 0 ? value.sql : `mp_divisor(${value.sql})`;
}

/** https://trino.io/docs/current/functions/decimal.html: precision and scale of results. */
function decimalArithmetic(operator: ArithmeticOperator, left: Typed, right: Typed, at: Position): Typed {
  const a = asDecimal(left.type) as { precision: number; scale: number };
  const b = asDecimal(right.type) as { precision: number; scale: number };
  const [x, y] = [coerce(left, { kind: 'decimal', ...a }), coerce(right, { kind: 'decimal', ...b })];
  const scale = Math.max(a.scale, b.scale);
  switch (operator) {
    case '+':
    case '-': {
      const type = decimalOf(Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale);
      return typed(`CAST((${x.sql} ${operator} ${y.sql}) AS ${toEngineType(type)})`, type, at);
    }
    case '*': {
      const type = decimalOf(a.precision + b.precision, a.scale + b.scale);
      return typed(`CAST((${x.sql} * ${y.sql}) AS ${toEngineType(type)})`, type, at);
    }
    case '/':
      return decimalDivision(x, y, at, a, b);
    case '%': {
      const type = decimalOf(Math.min(b.precision - b.scale, a.precision - a.scale) + scale, scale);
      return typed(`CAST((${x.sql} % ${divisor(y)}) AS ${toEngineType(type)})`, type, at);
    }
  }
}

interface Decimal {
  readonly precision: number;
  readonly scale: number;
}

/** Exact while the scaled operands fit 38 digits; the engine has no decimal division of its own. */
function decimalDivision(x: Typed, y: Typed, at: Position, a: Decimal, b: Decimal): Typed {
  const scale = Math.max(a.scale, b.scale);
  const type = decimalOf(a.precision + b.scale + Math.max(0, b.scale - a.scale), scale);
  const upScale = scale + b.scale - a.scale;
  const isExact =
    a.precision + upScale <= 38 && b.precision <= 38 && (type as Decimal & SqlType).precision + scale <= 38;
  if (!isExact) {
    // Limit: decimal division whose scaled operands pass 38 digits is computed in double precision.
    return typed(`CAST((CAST(${x.sql} AS DOUBLE) / ${divisor(y)}) AS ${toEngineType(type)})`, type, at);
  }
  const unscaled = (value: Typed, digits: number): string => `CAST(${value.sql} * ${powerOfTen(digits)} AS HUGEINT)`;
  const quotient = `mp_divide_half_up(${unscaled(x, a.scale + upScale)}, ${unscaled(y, b.scale)})`;
  const precision = (type as Decimal & SqlType).precision;
  const scaled = scale === 0 ? quotient : `CAST(${quotient} AS DECIMAL(${precision},0)) * ${negativePower(scale)}`;
  return typed(`CAST((${scaled}) AS ${toEngineType(type)})`, type, at);
}

function powerOfTen(digits: number): string {
  return `CAST(1${'0'.repeat(digits)} AS DECIMAL(${digits + 1},0))`;
}

function negativePower(scale: number): string {
  return `CAST(0.${'0'.repeat(scale - 1)}1 AS DECIMAL(${scale},${scale}))`;
}

/** Dates, times and intervals. */
function temporalArithmetic(operator: ArithmeticOperator, left: Typed, right: Typed, at: Position): Typed | undefined {
  const [a, b] = [left.type, right.type];
  if (a.kind === 'interval' && b.kind === 'interval' && a.unit === b.unit && (operator === '+' || operator === '-')) {
    return typed(`(${left.sql} ${operator} ${right.sql})`, a, at);
  }
  if (a.kind === 'interval' && isNumeric(b) && (operator === '*' || operator === '/')) {
    return typed(`(${left.sql} ${operator} ${right.sql})`, a, at);
  }
  if (isNumeric(a) && b.kind === 'interval' && operator === '*') return typed(`(${right.sql} * ${left.sql})`, b, at);
  if (a.kind === 'interval' && operator === '+') return temporalArithmetic('+', right, left, at);
  const isMoment = a.kind === 'date' || a.kind === 'timestamp' || a.kind === 'time';
  if (isMoment && b.kind === 'interval' && (operator === '+' || operator === '-')) {
    return typed(`CAST((${left.sql} ${operator} ${right.sql}) AS ${toEngineType(a)})`, a, at);
  }
  if (isMoment && operator === '-' && (b.kind === 'date' || b.kind === 'timestamp')) {
    const type = commonType(a, b);
    if (type === undefined) return undefined;
    const moment = type.kind === 'date' ? ({ kind: 'timestamp', precision: 3, withTimeZone: false } as const) : type;
    return typed(
      `(${coerce(left, moment).sql} - ${coerce(right, moment).sql})`,
      { kind: 'interval', unit: 'day to second' },
      at,
    );
  }
  return undefined;
}

export function negate(operand: Typed, at: Position): Typed {
  if (!isNumeric(operand.type) && operand.type.kind !== 'interval' && operand.type.kind !== 'unknown') {
    throw typeMismatch(at, `Cannot negate ${formatType(operand.type)}`);
  }
  const result = typed(`(-${operand.sql})`, operand.type, at);
  if (operand.constant === undefined) return result;
  // -9223372036854775808 is a bigint though its digits alone are not.
  return { ...result, constant: `-${operand.constant}` };
}

/** `||`: texts, arrays and elements, binaries. NULL with anything is NULL. */
export function concatenate(terms: readonly Typed[], at: Position): Typed {
  return terms.slice(1).reduce((left, right) => concatTwo(left, right, at), terms[0] as Typed);
}

function concatTwo(left: Typed, right: Typed, at: Position): Typed {
  const [a, b] = [left.type, right.type];
  if (a.kind === 'array' || b.kind === 'array') return concatArrays(left, right, at);
  const isBinary = a.kind === 'varbinary' || b.kind === 'varbinary';
  const wanted = isBinary ? varbinaryType : varcharType;
  const fits = (type: SqlType): boolean =>
    type.kind === 'unknown' || (isBinary ? type.kind === 'varbinary' : isText(type));
  if (!fits(a) || !fits(b)) throw cannotApply('||', left, right, at);
  return typed(`(${coerce(left, wanted).sql} || ${coerce(right, wanted).sql})`, wanted, at);
}

function concatArrays(left: Typed, right: Typed, at: Position): Typed {
  const [a, b] = [left.type, right.type];
  const asArray = (type: SqlType): SqlType =>
    type.kind === 'array' || type.kind === 'unknown' ? type : { kind: 'array', element: type };
  const type = commonType(asArray(a), asArray(b));
  if (type === undefined || type.kind !== 'array') throw cannotApply('||', left, right, at);
  const list = (value: Typed): string =>
    value.type.kind === 'array' || value.type.kind === 'unknown'
      ? coerce(value, type).sql
      : `[${coerce(value, type.element).sql}]`;
  return typed(`mp_concat_lists(${list(left)}, ${list(right)})`, type, at);
}

/** `base[index]`: an array's element (raises outside its bounds), a map's value (raises when absent), a row's field. */
export function subscript(base: Typed, index: Typed, at: Position): Typed {
  if (base.type.kind === 'array') {
    if (!isInteger(index.type)) throw cannotApply('[]', base, index, at);
    return typed(`${base.sql}[mp_array_index(${base.sql}, ${coerce(index, bigintType).sql})]`, base.type.element, at);
  }
  if (base.type.kind === 'map') {
    const key = commonType(index.type, base.type.key);
    if (key === undefined) throw cannotApply('[]', base, index, at);
    const keySql = coerce(index, base.type.key).sql;
    return typed(`map_extract_value(${base.sql}, mp_map_key(${base.sql}, ${keySql}))`, base.type.value, at);
  }
  throw cannotApply('[]', base, index, at);
}
