/**
 * JSON text to values, with the messages of the parser that AWS uses (Jackson), bounded depth, and no silent loss: a name that
 * comes twice in one object is told.
 */
import type { Json } from './machine.ts';
import { setMember } from './paths/reference-path-writer.ts';

const expectedValue = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

// Limit: JSON nests at most 500 deep, as in AWS's parser.
const depthMax = 500;

export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  /** As AWS shows the place: `[Source: (String)"…"; line: 1, column: 4]`. */
  readonly location: string;

  constructor(message: string, location: string) {
    super(message);
    this.location = location;
  }
}

/** More levels than allowed. */
export class JsonTooDeep extends Error {
  override readonly name = 'JsonTooDeep';
}

/** A member that an object has twice. */
export interface DuplicateName {
  /** Names and positions from the root to the object. */
  readonly path: readonly (string | number)[];
  readonly name: string;
}

export interface ParsedJson {
  readonly value: Json;
  readonly duplicates: readonly DuplicateName[];
}

/** @throws JsonSyntaxError, JsonTooDeep */
export function parseJsonText(text: string): ParsedJson {
  return new JsonParser(text).parse();
}

class JsonParser {
  private readonly text: string;
  private position = 0;
  private readonly path: (string | number)[] = [];
  private readonly duplicates: DuplicateName[] = [];

  constructor(text: string) {
    this.text = text;
  }

  parse(): ParsedJson {
    this.skipSpace();
    if (this.position >= this.text.length) throw this.error('No content to map due to end-of-input', this.position);
    const value = this.value();
    this.skipSpace();
    if (this.position < this.text.length) throw this.unexpected(`expected a valid value ${expectedValue}`);
    return { value, duplicates: this.duplicates };
  }

  private value(): Json {
    switch (this.text[this.position]) {
      case '{':
        return this.object();
      case '[':
        return this.list();
      case '"':
        return this.string();
      default:
        return this.number() ?? this.word();
    }
  }

  private object(): Json {
    const start = this.enter();
    const object: Record<string, Json> = {};
    for (let isFirst = true; !this.closes('}', 'Object', start); isFirst = false) {
      if (!isFirst) this.separator('Object', start);
      if (this.text[this.position] !== '"') throw this.unexpected('was expecting double-quote to start field name');
      const name = this.string();
      this.skipSpace();
      if (this.position >= this.text.length) throw this.unclosed('Object', start);
      if (this.text[this.position] !== ':') {
        throw this.unexpected('was expecting a colon to separate field name and value');
      }
      this.position++;
      this.skipSpace();
      if (this.position >= this.text.length) throw this.unclosed('Object', start);
      if (Object.hasOwn(object, name)) this.duplicates.push({ path: [...this.path], name });
      this.path.push(name);
      setMember(object, name, this.value());
      this.path.pop();
    }
    return object;
  }

  private list(): Json {
    const start = this.enter();
    const items: Json[] = [];
    while (!this.closes(']', 'Array', start)) {
      if (items.length > 0) this.separator('Array', start);
      this.path.push(items.length);
      items.push(this.value());
      this.path.pop();
    }
    return items;
  }

  private enter(): number {
    if (this.path.length >= depthMax)
      throw new JsonTooDeep(`Document nesting depth exceeds the maximum allowed (${depthMax})`);
    return this.position++;
  }

  private closes(token: string, kind: string, start: number): boolean {
    this.skipSpace();
    if (this.position >= this.text.length) throw this.unclosed(kind, start);
    if (this.text[this.position] !== token) return false;
    this.position++;
    return true;
  }

  private separator(kind: string, start: number): void {
    if (this.text[this.position] !== ',') throw this.unexpected(`was expecting comma to separate ${kind} entries`);
    this.position++;
    this.skipSpace();
    if (this.position >= this.text.length) throw this.unclosed(kind, start);
  }

  private string(): string {
    const start = this.position;
    for (this.position++; this.text[this.position] !== '"'; this.position++) {
      if (this.position >= this.text.length) {
        throw this.error('Unexpected end-of-input: was expecting closing quote for a string value', this.position);
      }
      const code = this.text.charCodeAt(this.position);
      if (code < 32) {
        throw this.error(
          `Illegal unquoted character ((CTRL-CHAR, code ${code})): has to be escaped using backslash to be included in string value`,
          this.position + 1,
        );
      }
      if (this.text[this.position] === '\\') this.escape();
    }
    return JSON.parse(this.text.slice(start, ++this.position)) as string;
  }

  private escape(): void {
    const character = this.text[++this.position] ?? '';
    if (character === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(this.text.slice(this.position + 1, this.position + 5))) {
        throw this.error('Unexpected character: expected a hex-digit for character escape sequence', this.position + 1);
      }
      this.position += 4;
    } else if (!'"\\/bfnrt'.includes(character) || character === '') {
      throw this.error(`Unrecognized character escape ${describe(character)}`, this.position + 1);
    }
  }

  private number(): number | undefined {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.position;
    const digits = pattern.exec(this.text)?.[0];
    if (digits === undefined) return undefined;
    const next = this.text[this.position + digits.length] ?? ' ';
    if (/[\w.]/.test(next)) {
      this.position += digits.length;
      throw this.unexpected('Expected space separating root-level values');
    }
    this.position += digits.length;
    return Number(digits);
  }

  private word(): Json {
    const word = /[\w$]*/y;
    word.lastIndex = this.position;
    const found = word.exec(this.text)?.[0] ?? '';
    if (found === '') throw this.unexpected(`expected a valid value ${expectedValue}`);
    this.position += found.length;
    if (found === 'true' || found === 'false') return found === 'true';
    if (found === 'null') return null;
    throw this.error(`Unrecognized token '${found}': was expecting ${expectedValue}`, this.position);
  }

  private skipSpace(): void {
    while (' \n\r\t'.includes(this.text[this.position] ?? 'x')) this.position++;
  }

  private unexpected(expected: string): JsonSyntaxError {
    const character = this.text[this.position] ?? '';
    return this.error(`Unexpected character (${describe(character)}): ${expected}`, this.position + 1);
  }

  private unclosed(kind: string, start: number): JsonSyntaxError {
    const marker = `start marker at ${this.locationOf(start)}`;
    return this.error(`Unexpected end-of-input: expected close marker for ${kind} (${marker})`, this.position);
  }

  /** @param end position after the last character read */
  private error(message: string, end: number): JsonSyntaxError {
    const location = this.locationOf(end);
    return new JsonSyntaxError(`${message}\n at ${location}`, location);
  }

  private locationOf(position: number): string {
    const lines = this.text.slice(0, position).split('\n');
    const shown = this.text.slice(0, 500);
    const rest = this.text.length - shown.length;
    const truncated = rest > 0 ? `[truncated ${rest} chars]` : '';
    return `[Source: (String)"${shown}"${truncated}; line: ${lines.length}, column: ${(lines.at(-1)?.length ?? 0) + 1}]`;
  }
}

function describe(character: string): string {
  return `'${character}' (code ${character.charCodeAt(0)})`;
}
