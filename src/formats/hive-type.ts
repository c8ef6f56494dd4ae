/**
 * Types as Hive, Glue and Athena's DDL write them: `bigint`, `decimal(10,2)`, `struct<a:int,b:array<string>>`.
 *
 * Names of types are read without regard to case and written in lower case. Field names keep their spelling, as Glue's
 * crawler keeps it (`struct<eventVersion:string>`), and are compared without case. Glue writes field names bare, dots and
 * all; a name that holds one of `, : < >` or a backtick is written in backticks, and any name may be read so.
 */
import { badDefinition } from './errors.ts';

export type PrimitiveKind =
  | 'boolean'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'float'
  | 'double'
  | 'string'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'interval_year_month'
  | 'interval_day_time';

export interface StructField {
  readonly name: string;
  readonly type: HiveType;
}

/** `unknown` is a column of which no value was seen yet; it is written as `string`. */
export type HiveType =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'char' | 'varchar'; readonly length: number }
  | { readonly kind: 'array'; readonly element: HiveType }
  | { readonly kind: 'map'; readonly key: HiveType; readonly value: HiveType }
  | { readonly kind: 'struct'; readonly fields: readonly StructField[] }
  | { readonly kind: 'union'; readonly members: readonly HiveType[] };

export interface Column {
  readonly name: string;
  readonly type: HiveType;
  readonly comment?: string;
}

// Limit: types nest at most 100 deep and are at most 131,072 characters long, as in Glue's column types.
const depthMax = 100;
const lengthMax = 131_072;

const primitives: ReadonlyMap<string, HiveType> = new Map<string, HiveType>([
  ['boolean', { kind: 'boolean' }],
  ['bool', { kind: 'boolean' }],
  ['tinyint', { kind: 'tinyint' }],
  ['smallint', { kind: 'smallint' }],
  ['short', { kind: 'smallint' }],
  ['int', { kind: 'int' }],
  ['integer', { kind: 'int' }],
  ['bigint', { kind: 'bigint' }],
  ['long', { kind: 'bigint' }],
  ['float', { kind: 'float' }],
  ['real', { kind: 'float' }],
  ['double', { kind: 'double' }],
  ['string', { kind: 'string' }],
  ['binary', { kind: 'binary' }],
  ['date', { kind: 'date' }],
  ['timestamp', { kind: 'timestamp' }],
  ['interval_year_month', { kind: 'interval_year_month' }],
  ['interval_day_time', { kind: 'interval_day_time' }],
  ['unknown', { kind: 'unknown' }],
  ['void', { kind: 'unknown' }],
  ['null', { kind: 'unknown' }],
]);

/** @throws InvalidInputException naming the position of the first character that does not fit */
export function parseHiveType(text: string): HiveType {
  if (text.length > lengthMax) {
    throw badDefinition('Type', `${text.slice(0, 40)}…`, `it is longer than ${lengthMax} characters`);
  }
  const parser = new TypeParser(text);
  const type = parser.type(0);
  parser.end();
  return type;
}

/** @returns the text Glue keeps as a column's type */
export function formatHiveType(type: HiveType): string {
  switch (type.kind) {
    case 'unknown':
      return 'string';
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'char':
    case 'varchar':
      return `${type.kind}(${type.length})`;
    case 'array':
      return `array<${formatHiveType(type.element)}>`;
    case 'map':
      return `map<${formatHiveType(type.key)},${formatHiveType(type.value)}>`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${fieldName(field.name)}:${formatHiveType(field.type)}`).join(',')}>`;
    case 'union':
      return `uniontype<${type.members.map(formatHiveType).join(',')}>`;
    default:
      return type.kind;
  }
}

function fieldName(name: string): string {
  return name === '' || /[,:<>`]/.test(name) || name.trim() !== name ? `\`${name.replaceAll('`', '``')}\`` : name;
}

class TypeParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  type(depth: number): HiveType {
    if (depth > depthMax) throw this.#error(`types nest deeper than ${depthMax}`);
    this.#blanks();
    const start = this.#at;
    const name = this.#word();
    if (name === '') throw this.#error('a type is missing');
    switch (name) {
      case 'array':
        return { kind: 'array', element: this.#arguments(depth, 1)[0] as HiveType };
      case 'map': {
        const [key, value] = this.#arguments(depth, 2) as [HiveType, HiveType];
        return { kind: 'map', key, value };
      }
      case 'uniontype':
      case 'union':
        return { kind: 'union', members: this.#arguments(depth, undefined) };
      case 'struct':
        return this.#struct(depth);
      case 'decimal':
      case 'dec':
      case 'numeric':
        return this.#decimal(start);
      case 'char':
      case 'varchar':
        return this.#characters(name, start);
      default:
        return this.#primitive(name, start);
    }
  }

  end(): void {
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#error(`'${this.#text.slice(this.#at, this.#at + 20)}' is left over`);
  }

  #primitive(name: string, start: number): HiveType {
    const type = primitives.get(name);
    if (type === undefined) throw this.#error(`'${name}' is no Hive type`, start);
    if (name === 'double' && /^\s+precision\b/i.test(this.#text.slice(this.#at, this.#at + 40))) {
      this.#blanks();
      this.#word();
    }
    return type;
  }

  #arguments(depth: number, count: number | undefined): HiveType[] {
    this.#expect('<');
    const types = [this.type(depth + 1)];
    while (this.#take(',')) types.push(this.type(depth + 1));
    this.#expect('>');
    if (count !== undefined && types.length !== count) {
      throw this.#error(
        `${count === 1 ? 'one type' : `${count} types`} should stand between < and >, not ${types.length}`,
      );
    }
    return types;
  }

  #struct(depth: number): HiveType {
    this.#expect('<');
    const fields: StructField[] = [];
    // Glue writes struct<> for an object that was never seen with a key.
    if (this.#take('>')) return { kind: 'struct', fields };
    do {
      const name = this.#fieldName();
      this.#expect(':');
      fields.push({ name, type: this.type(depth + 1) });
      this.#comment();
    } while (this.#take(','));
    this.#expect('>');
    return { kind: 'struct', fields };
  }

  #fieldName(): string {
    this.#blanks();
    if (this.#text[this.#at] !== '`') {
      const start = this.#at;
      while (this.#at < this.#text.length && !',:<>`'.includes(this.#text.charAt(this.#at))) this.#at += 1;
      const name = this.#text.slice(start, this.#at).trim();
      if (name === '') throw this.#error('a field name is missing', start);
      return name;
    }
    let name = '';
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      if (this.#text[this.#at] !== '`') name += this.#text[this.#at];
      else if (this.#text[this.#at + 1] === '`') {
        name += '`';
        this.#at += 1;
      } else {
        this.#at += 1;
        return name;
      }
    }
    throw this.#error('a backtick is not closed');
  }

  #comment(): void {
    const match = /^\s+comment\s+'(?:[^'\\]|\\.)*'/i.exec(this.#text.slice(this.#at, this.#at + 1000));
    if (match) this.#at += match[0].length;
  }

  #decimal(start: number): HiveType {
    const [precision = 10, scale = 0] = this.#numbers(0, 2);
    if (precision < 1 || precision > 38) throw this.#error('a decimal has 1 to 38 digits', start);
    if (scale > precision) throw this.#error('a decimal has no more digits behind the point than in all', start);
    return { kind: 'decimal', precision, scale };
  }

  #characters(kind: 'char' | 'varchar', start: number): HiveType {
    const lengthLimit = kind === 'char' ? 255 : 65_535;
    const [length = lengthLimit] = this.#numbers(0, 1);
    if (length < 1 || length > lengthLimit) throw this.#error(`${kind} is 1 to ${lengthLimit} characters long`, start);
    return { kind, length };
  }

  #numbers(countMin: number, countMax: number): number[] {
    if (!this.#take('(')) return [];
    const numbers: number[] = [];
    do {
      this.#blanks();
      const digits = /^\d{1,6}/.exec(this.#text.slice(this.#at, this.#at + 6))?.[0];
      if (digits === undefined) throw this.#error('a number is missing');
      this.#at += digits.length;
      numbers.push(Number(digits));
    } while (this.#take(','));
    this.#expect(')');
    if (numbers.length <= countMin || numbers.length > countMax)
      throw this.#error(`${numbers.length} numbers are too many`);
    return numbers;
  }

  #word(): string {
    const start = this.#at;
    while (/\w/.test(this.#text.charAt(this.#at))) this.#at += 1;
    return this.#text.slice(start, this.#at).toLowerCase();
  }

  #blanks(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
  }

  #take(character: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw this.#error(`'${character}' is missing`);
  }

  #error(fault: string, at = this.#at): Error {
    return badDefinition('Type', this.#text.slice(0, 200), `${fault} at position ${at + 1}`);
  }
}
