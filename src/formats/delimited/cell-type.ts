/**
 * The type of a column of text cells. Glue's built-in CSV classifier gives bigint, double, boolean and string; dates and
 * timestamps stay string unless a custom classifier asks for them. What is given here LazySimpleSerDe reads back.
 *
 * Differs from AWS: integers over 64 bits are decimal(38,0) and not double, so that no digit is lost.
 */
import type { HiveType } from '../hive-type.ts';
import { widen } from '../widening.ts';

export interface ScalarTyping {
  /** Also date (`2018-01-31`) and timestamp (`2018-01-31 10:00:00`). */
  readonly isTemporal?: boolean;
}

const types = {
  unknown: { kind: 'unknown' },
  bigint: { kind: 'bigint' },
  double: { kind: 'double' },
  boolean: { kind: 'boolean' },
  string: { kind: 'string' },
  date: { kind: 'date' },
  timestamp: { kind: 'timestamp' },
  wide: { kind: 'decimal', precision: 38, scale: 0 },
} as const satisfies Record<string, HiveType>;

const integerPattern = /^[+-]?\d+$/;
const doublePattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const timestampPattern = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{1,9})?$/;

export function scalarTypeOf(cell: string, typing: ScalarTyping = {}): HiveType {
  if (cell === '' || cell === '\\N') return types.unknown;
  const first = cell.charCodeAt(0);
  const isNumberLike = (first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46;
  if (isNumberLike) {
    if (cell.length <= 18 && integerPattern.test(cell)) return types.bigint;
    if (cell.length <= 40 && integerPattern.test(cell)) return wideInteger(cell);
    if (doublePattern.test(cell)) return types.double;
    if (typing.isTemporal === true && datePattern.test(cell)) return types.date;
    if (typing.isTemporal === true && timestampPattern.test(cell)) return types.timestamp;
    return cell === '-Infinity' ? types.double : types.string;
  }
  if (cell.length > 8) return types.string;
  if (/^(?:true|false)$/i.test(cell)) return types.boolean;
  return cell === 'NaN' || cell === 'Infinity' ? types.double : types.string;
}

function wideInteger(cell: string): HiveType {
  const value = BigInt(cell.startsWith('+') ? cell.slice(1) : cell);
  if (BigInt.asIntN(64, value) === value) return types.bigint;
  return cell.replace(/^[+-]?0*/, '').length <= 38 ? types.wide : types.double;
}

/** One column as its cells go by. */
export class TypeTally {
  type: HiveType = types.unknown;
  cells = 0;
  blanks = 0;
  /** The cell that widened the type last, for people who ask why. */
  because = '';
  readonly #typing: ScalarTyping;

  constructor(typing: ScalarTyping = {}) {
    this.#typing = typing;
  }

  add(cell: string): void {
    this.cells += 1;
    if (cell === '') {
      this.blanks += 1;
      return;
    }
    if (this.type.kind === 'string') return;
    const widened = widen(this.type, scalarTypeOf(cell, this.#typing));
    if (widened === this.type || widened.kind === this.type.kind) return;
    if (this.type.kind !== 'unknown') this.because = cell.slice(0, 40);
    this.type = widened;
  }
}
