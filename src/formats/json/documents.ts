/**
 * Cuts a stream of text into JSON documents: one a line, several on a line, one over many lines, or the elements of one
 * array. Holds one document at a time.
 *
 * Once a whole document stood on one line the file is taken to be JSON lines, and a line that does not parse is one bad
 * row; it never swallows the lines behind it.
 */
import { overLimit } from '../errors.ts';
import { Balance, closeTruncated, isDeeperThan } from './balance.ts';
import { parseJson, type JsonValue } from './value.ts';

export interface JsonDocument {
  readonly value: JsonValue | undefined;
  /** What is wrong, when there is no value. */
  readonly fault?: string;
}

// Limit: one JSON document (a line, or an element of the outermost array) is at most 64 Mi characters and nests at most 500 deep.
const charactersMax = 64 * 2 ** 20;
const depthMax = 500;

export class JsonDocuments {
  /** Whether the outermost value is one array, whose elements are the documents. */
  isArray = false;
  /** Whether documents stand one a line. */
  isLines = false;
  readonly #keepNumbers: boolean;
  #isStarted = false;
  #parts: string[] = [];
  #partsLength = 0;
  #balance = new Balance();
  #isSpanning = false;

  constructor(options: { keepNumbers?: boolean } = {}) {
    this.#keepNumbers = options.keepNumbers ?? false;
  }

  /** @throws EXCEEDED_SIZE_LIMIT */
  *push(text: string): Generator<JsonDocument> {
    let rest = text;
    if (!this.#isStarted) {
      rest = rest.trimStart();
      if (rest === '') return;
      this.#isStarted = true;
      if (rest.startsWith('[')) {
        this.isArray = true;
        this.#balance.depth = 1;
        rest = rest.slice(1);
      }
    }
    yield* this.isArray ? this.#elements(rest) : this.#lines(rest);
  }

  /**
   * What is left when the stream is over.
   * @param isCut the stream was cut off on purpose: what is left is made whole where it can be, and dropped where not
   */
  *end(isCut = false): Generator<JsonDocument> {
    const rest = this.#taken();
    if (this.isArray) {
      yield* this.#restOfArray(rest, isCut);
      return;
    }
    if (rest.trim() === '') return;
    if (!isCut) {
      yield* this.#line(rest, true);
      return;
    }
    const closed = this.isLines ? undefined : closeTruncated(rest);
    if (closed !== undefined) yield this.#parsed(closed);
  }

  *#restOfArray(rest: string, isCut: boolean): Generator<JsonDocument> {
    const element = rest.replace(/^[\s,]+/, '').replace(/\s*\]\s*$/, '');
    if (element === '') return;
    if (!isCut) yield { value: undefined, fault: 'the array is not closed' };
    else if (element.startsWith('{')) {
      const closed = closeTruncated(element);
      if (closed !== undefined) yield this.#parsed(closed);
    }
  }

  *#lines(text: string): Generator<JsonDocument> {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#hold(text.slice(start, end + 1));
      start = end + 1;
      yield* this.#line(this.#taken(), false);
    }
    this.#hold(text.slice(start));
  }

  *#line(line: string, isLast: boolean): Generator<JsonDocument> {
    if (line.trim() === '') return;
    if (!this.#isSpanning) {
      const document = this.#parsed(line);
      if (document.value !== undefined) {
        this.isLines = true;
        yield document;
        return;
      }
      const several = this.#severalOn(line);
      if (several !== undefined) {
        yield* several;
        return;
      }
      if (this.isLines || !/^\s*[{[]/.test(line)) {
        yield document;
        return;
      }
    }
    yield* this.#span(line, isLast);
  }

  /** A document that goes over lines: what is held grows until its brackets close. */
  *#span(text: string, isLast: boolean): Generator<JsonDocument> {
    if (!this.#isSpanning) {
      this.#isSpanning = true;
      this.#balance = new Balance();
      this.#spanned = [];
    } else if (this.#isNewStart(text)) {
      yield { value: undefined, fault: 'the line is no whole document' };
      this.#isSpanning = false;
      yield* this.#line(text, isLast);
      return;
    }
    const end = this.#balance.scan(text, 0, 0);
    this.#spanned.push(end === -1 ? text : text.slice(0, end));
    this.#spannedLength += text.length;
    if (this.#spannedLength > charactersMax) throw tooLarge();
    if (end === -1 && !isLast) return;
    const document = this.#spanned.join('');
    this.#isSpanning = false;
    this.#spanned = [];
    this.#spannedLength = 0;
    yield this.#parsed(document);
    if (end !== -1) yield* this.#line(text.slice(end), isLast);
  }

  #spanned: string[] = [];
  #spannedLength = 0;

  /** A first line that did not parse, and a second that is a whole document and follows no comma or opening bracket. */
  #isNewStart(line: string): boolean {
    const before = this.#spanned.at(-1)?.trimEnd().at(-1) ?? '';
    if (this.#spanned.length > 1 || !line.startsWith('{') || '{[,:'.includes(before)) return false;
    return this.#parsed(line).value !== undefined;
  }

  /** Documents one behind another on a line; undefined when that is not what the line is. */
  #severalOn(line: string): JsonDocument[] | undefined {
    const documents: JsonDocument[] = [];
    let start = 0;
    while (start < line.length) {
      if (line.slice(start, start + 200).trim() === '' && line.slice(start).trim() === '') break;
      const balance = new Balance();
      const end = balance.scan(line, start, 0);
      if (end === -1 || (start === 0 && line.slice(end).trim() === '')) return undefined;
      const document = this.#parsed(line.slice(start, end));
      if (document.value === undefined) return undefined;
      documents.push(document);
      start = end;
    }
    return documents.length > 1 ? documents : undefined;
  }

  *#elements(text: string): Generator<JsonDocument> {
    let start = 0;
    while (start < text.length) {
      // Between elements: commas, blanks, the closing bracket. A scalar element ends at a comma.
      if (this.#partsLength === 0) {
        const next = /[^\s,]/.exec(text.slice(start, start + 64));
        if (next === null) {
          start += 64;
          continue;
        }
        start += next.index;
        if (text[start] === ']') {
          this.#isClosed = true;
          return;
        }
        if (this.#isClosed) return;
        if (text[start] !== '{' && text[start] !== '[') {
          yield { value: undefined, fault: 'an element of the array is no object' };
          const comma = text.indexOf(',', start);
          if (comma === -1) return;
          start = comma + 1;
          continue;
        }
      }
      const end = this.#balance.scan(text, start, 1);
      if (end === -1) {
        this.#hold(text.slice(start));
        return;
      }
      this.#hold(text.slice(start, end));
      yield this.#parsed(this.#taken());
      start = end;
    }
  }

  #isClosed = false;

  #hold(text: string): void {
    if (text === '') return;
    this.#parts.push(text);
    this.#partsLength += text.length;
    if (this.#partsLength > charactersMax) throw tooLarge();
  }

  #taken(): string {
    const text = this.#parts.length === 1 ? (this.#parts[0] as string) : this.#parts.join('');
    this.#parts = [];
    this.#partsLength = 0;
    return text;
  }

  #parsed(text: string): JsonDocument {
    if (isDeeperThan(text, depthMax)) return { value: undefined, fault: `it nests deeper than ${depthMax}` };
    try {
      return { value: parseJson(text, this.#keepNumbers) };
    } catch {
      return { value: undefined, fault: 'it is no JSON' };
    }
  }
}

function tooLarge(): Error {
  return overLimit('json', 'one document', '64 Mi characters');
}
