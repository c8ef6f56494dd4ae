/**
 * A small reader for the XML of requests: elements, attributes, text. No document types and no entities but the five of
 * XML itself, so that nothing can expand or be fetched (XML 1.0, sections 2 and 4.6).
 */
import { PlatformError } from '#kernel/errors';

export interface XmlElement {
  /** Without its namespace prefix. */
  readonly name: string;
  /** By full name, such as `xsi:type`. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  /** The text directly inside, in order, joined. */
  text: string;
}

// Limit: XML may be nested 100 deep and have 100,000 elements.
const depthMax = 100;
const elementsMax = 100_000;

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const nameChars = '[A-Za-z_:\\u0080-\\uFFFF][\\w:.\\-\\u0080-\\uFFFF]*';
const openTag = new RegExp(`<(${nameChars})((?:\\s+${nameChars}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`, 'y');
const closeTag = new RegExp(`</(${nameChars})\\s*>`, 'y');
const attribute = new RegExp(`(${nameChars})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'g');

/**
 * @returns the root element
 * @throws MalformedXML
 */
export function parseXml(body: Buffer): XmlElement {
  return new Reader(body.toString('utf8').replace(/^\uFEFF/, '')).read();
}

class Reader {
  readonly #text: string;
  readonly #open: XmlElement[] = [];
  readonly #openNames: string[] = [];
  #root: XmlElement | undefined;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): XmlElement {
    while (this.#at < this.#text.length) this.#step();
    if (this.#root === undefined) throw malformed('it has no element');
    if (this.#open.length > 0) throw malformed(`<${this.#openNames.at(-1)}> is not closed`);
    return this.#root;
  }

  #step(): void {
    const text = this.#text;
    if (text[this.#at] !== '<') this.#readText();
    else if (text.startsWith('<!--', this.#at)) this.#skip('-->', 'a comment');
    else if (text.startsWith('<?', this.#at)) this.#skip('?>', 'a processing instruction');
    else if (text.startsWith('<![CDATA[', this.#at)) this.#readCdata();
    else if (text.startsWith('<!', this.#at)) throw malformed('document types are not allowed');
    else if (text.startsWith('</', this.#at)) this.#close();
    else this.#openElement();
  }

  #readText(): void {
    const next = this.#text.indexOf('<', this.#at);
    const end = next === -1 ? this.#text.length : next;
    const raw = this.#text.slice(this.#at, end);
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.text += decodeEntities(raw);
    else if (raw.trim() !== '') throw malformed('there is text outside of the root element');
    this.#at = end;
  }

  #readCdata(): void {
    const start = this.#at + '<![CDATA['.length;
    this.#skip(']]>', 'a CDATA section');
    const parent = this.#open.at(-1);
    if (parent === undefined) throw malformed('there is text outside of the root element');
    parent.text += this.#text.slice(start, this.#at - ']]>'.length);
  }

  #skip(end: string, what: string): void {
    const found = this.#text.indexOf(end, this.#at);
    if (found === -1) throw malformed(`${what} is not closed`);
    this.#at = found + end.length;
  }

  #openElement(): void {
    const match = this.#match(openTag);
    if (match === null) throw malformed(`the tag at character ${this.#at + 1} is not well formed`);
    this.#elements += 1;
    if (this.#elements > elementsMax) throw malformed(`it has more than ${elementsMax} elements`);
    const [, name = '', attributes = '', isEmpty] = match;
    const element = { name: localName(name), attributes: readAttributes(attributes), children: [], text: '' };
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.children.push(element);
    else if (this.#root !== undefined) throw malformed('it has more than one root element');
    this.#root ??= element;
    if (isEmpty === '/') return;
    this.#open.push(element);
    this.#openNames.push(name);
    if (this.#open.length > depthMax) throw malformed(`it is nested more than ${depthMax} deep`);
  }

  #close(): void {
    const name = this.#match(closeTag)?.[1];
    const expected = this.#openNames.pop();
    this.#open.pop();
    if (name === undefined || name !== expected) throw malformed(`</${name ?? ''}> does not close <${expected ?? ''}>`);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }
}

function readAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', double, single] of text.matchAll(attribute)) {
    if (attributes.has(name)) throw malformed(`the attribute '${name}' stands twice in one tag`);
    attributes.set(name, decodeEntities(double ?? single ?? ''));
  }
  return attributes;
}

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w{1,16}))?;?/g, (whole, hex, decimal, name) => {
    if (!whole.endsWith(';')) throw malformed("a bare '&' must be written &amp;");
    if (name !== undefined) {
      if (!Object.hasOwn(entities, name as string)) throw malformed(`the entity ${whole} is not known`);
      return entities[name as string]!;
    }
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
    if (Number.isNaN(code) || code === 0 || code > 0x10ffff) throw malformed(`${whole} is no character`);
    return String.fromCodePoint(code);
  });
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function malformed(why: string): PlatformError {
  return new PlatformError('invalid', 'MalformedXML', `The XML you provided was not well-formed: ${why}.`);
}
