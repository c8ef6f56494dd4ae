/** Hive's type spelling, which is what the catalog keeps, from and to Trino's types. */
import type { RowField, SqlType } from './sql-type.ts';

const simple: Readonly<Record<string, SqlType>> = {
  boolean: { kind: 'boolean' },
  tinyint: { kind: 'tinyint' },
  smallint: { kind: 'smallint' },
  int: { kind: 'integer' },
  integer: { kind: 'integer' },
  bigint: { kind: 'bigint' },
  long: { kind: 'bigint' },
  float: { kind: 'real' },
  real: { kind: 'real' },
  double: { kind: 'double' },
  string: { kind: 'varchar' },
  varchar: { kind: 'varchar' },
  binary: { kind: 'varbinary' },
  date: { kind: 'date' },
  timestamp: { kind: 'timestamp', precision: 3, withTimeZone: false },
  'timestamp with time zone': { kind: 'timestamp', precision: 3, withTimeZone: true },
  decimal: { kind: 'decimal', precision: 10, scale: 0 },
};

// Limit: Hive types nest at most 100 levels deep.
const depthMax = 100;

/** `array<struct<a:int>>` → `array(row(a integer))`; undefined for a text that is no Hive type. */
export function fromHive(text: string): SqlType | undefined {
  const reader = new HiveTypeReader(text.trim());
  const type = reader.type(0);
  return reader.atEnd ? type : undefined;
}

/** The catalog's spelling of a type; undefined where Hive has none (time, json, interval). */
export function toHive(type: SqlType): string | undefined {
  switch (type.kind) {
    case 'integer':
      return 'int';
    case 'real':
      return 'float';
    case 'varbinary':
      return 'binary';
    case 'varchar':
      return type.length === undefined || type.length > 65_535 ? 'string' : `varchar(${type.length})`;
    case 'char':
      return `char(${type.length})`;
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'timestamp':
      return type.withTimeZone ? undefined : 'timestamp';
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'bigint':
    case 'double':
    case 'date':
      return type.kind;
    case 'array':
      return wrap('array', [toHive(type.element)]);
    case 'map':
      return wrap('map', [toHive(type.key), toHive(type.value)]);
    case 'row':
      return wrap(
        'struct',
        type.fields.map((field, index) => hiveField(field, index)),
      );
    default:
      return undefined;
  }
}

function hiveField(field: RowField, index: number): string | undefined {
  const inner = toHive(field.type);
  return inner === undefined ? undefined : `${field.name ?? `field${index}`}:${inner}`;
}

function wrap(name: string, parts: readonly (string | undefined)[]): string | undefined {
  return parts.includes(undefined) ? undefined : `${name}<${parts.join(',')}>`;
}

class HiveTypeReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#offset === this.#text.length;
  }

  type(depth: number): SqlType | undefined {
    if (depth > depthMax) return undefined;
    const name = this.#take(/\s*([a-z]+(?: with time zone)?)\s*/iy)?.toLowerCase();
    if (name === undefined) return undefined;
    if (name === 'array') return this.#array(depth);
    if (name === 'map') return this.#map(depth);
    if (name === 'struct') return this.#struct(depth);
    const sizes = this.#take(/\(([\d\s,]+)\)\s*/y)
      ?.split(',')
      .map(Number);
    return sized(name, sizes);
  }

  #array(depth: number): SqlType | undefined {
    if (!this.#symbol('<')) return undefined;
    const element = this.type(depth + 1);
    return element !== undefined && this.#symbol('>') ? { kind: 'array', element } : undefined;
  }

  #map(depth: number): SqlType | undefined {
    if (!this.#symbol('<')) return undefined;
    const key = this.type(depth + 1);
    if (key === undefined || !this.#symbol(',')) return undefined;
    const value = this.type(depth + 1);
    return value !== undefined && this.#symbol('>') ? { kind: 'map', key, value } : undefined;
  }

  #struct(depth: number): SqlType | undefined {
    if (!this.#symbol('<')) return undefined;
    const fields: RowField[] = [];
    do {
      const name = this.#take(/\s*`?([^:`<>,]+)`?\s*:/y)?.trim();
      const type = name === undefined ? undefined : this.type(depth + 1);
      if (name === undefined || type === undefined) return undefined;
      fields.push({ name: name.toLowerCase(), type });
    } while (this.#symbol(','));
    return this.#symbol('>') ? { kind: 'row', fields } : undefined;
  }

  #symbol(symbol: string): boolean {
    if (this.#text[this.#offset] !== symbol) return false;
    this.#offset++;
    this.#take(/(\s*)/y);
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#offset = pattern.lastIndex;
    return match[1];
  }
}

function sized(name: string, sizes: readonly number[] | undefined): SqlType | undefined {
  const [first, second = 0] = sizes ?? [];
  if (first === undefined) return Object.hasOwn(simple, name) ? simple[name] : undefined;
  if (name === 'decimal') {
    return first >= 1 && first <= 38 && second <= first
      ? { kind: 'decimal', precision: first, scale: second }
      : undefined;
  }
  if (name === 'varchar') return { kind: 'varchar', length: first };
  return name === 'char' ? { kind: 'char', length: first } : undefined;
}
