/**
 * From text to values: YAML 1.1 as CloudFormation reads it, or JSON, with the short forms of functions (`!Ref`) turned
 * into their long ones.
 *
 * The reader builds its tree by recursion and deep nesting can end the whole process, so the text is first run through
 * the reader's own tokenizer (which does not recurse) to count depth. Aliases are refused there as well, as
 * CloudFormation does; with them goes every alias bomb.
 */
import {
  Composer,
  type Document,
  Lexer,
  LineCounter,
  Parser,
  type CST,
  type ScalarTag,
  isMap,
  isScalar as isScalarNode,
  isSeq,
} from 'yaml';
import { formatError } from './errors.ts';
import { type Path, type Value, didYouMean } from './value.ts';

/** Limit: a template has at most 1 MB of text and 100 levels. */
export const textBytesMax = 1_000_000;
const depthMax = 100;

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Source {
  readonly value: Value;
  /** Where a value stands in the text, from 1; undefined for a path that is not in it. */
  locate(path: Path): Position | undefined;
}

const shortForms = new Map(
  [
    'Base64',
    'Cidr',
    'FindInMap',
    'GetAtt',
    'GetAZs',
    'If',
    'And',
    'Or',
    'Not',
    'Equals',
    'ImportValue',
    'Join',
    'Length',
    'Select',
    'Split',
    'Sub',
    'ToJsonString',
    'Transform',
    'Contains',
    'EachMemberEquals',
    'EachMemberIn',
  ].map((name): [string, string] => [`!${name}`, `Fn::${name}`]),
)
  .set('!Ref', 'Ref')
  .set('!Condition', 'Condition');

/**
 * Plain scalars that are not text. A number stays text unless it prints back as it was written, so that version
 * numbers, dates and account ids with leading zeros keep their digits.
 *
 * Differs from AWS: YAML 1.1 would read `0123` as octal 83 and `1:30` as base 60.
 */
const scalarTags: ScalarTag[] = [
  { tag: 'tag:yaml.org,2002:null', default: true, test: /^(?:~|null|Null|NULL)?$/, resolve: () => null },
  {
    tag: 'tag:yaml.org,2002:bool',
    default: true,
    test: /^(?:true|True|TRUE|yes|Yes|YES|on|On|ON|false|False|FALSE|no|No|NO|off|Off|OFF)$/,
    resolve: (text) => /^(?:true|yes|on)$/i.test(text),
  },
  {
    tag: 'tag:yaml.org,2002:float',
    default: true,
    test: /^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?$/,
    resolve: (text) => (String(Number(text)) === text ? Number(text) : text),
  },
];

/** @throws ValidationError with line and column */
export function parseSource(text: string): Source {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > textBytesMax) {
    throw formatError(`the template has ${sizeBytes} bytes; at most ${textBytesMax} are allowed.`);
  }
  const language = /^\s*\{/.test(text) ? 'JSON' : 'YAML';
  const lines = new LineCounter();
  const document = compose(text, language, lines);
  const [problem] = document.errors;
  if (problem !== undefined) throw malformed(language, lines, problem.pos[0], problem.message.split('\n', 1)[0] ?? '');
  const locate = (path: Path): Position | undefined => {
    const node = document.getIn(path as unknown[], true) as { range?: [number, number, number] } | undefined;
    return node?.range ? positionAt(lines, node.range[0]) : undefined;
  };
  const toValue = (node: unknown): Value => convert(node, (offset, why) => malformed(language, lines, offset, why));
  return { value: toValue(document.contents), locate };
}

function compose(text: string, language: string, lines: LineCounter): Document.Parsed {
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let before = '';
  for (const lexeme of new Lexer().lex(text)) {
    // The tokenizer announces the text of a scalar by a unit separator; a star after it is no alias.
    if (lexeme.startsWith('*') && before !== '\u001f') {
      throw formatError('YAML aliases are not allowed in CloudFormation templates.');
    }
    before = lexeme;
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > depthMax) {
      throw malformed(language, lines, parser.offset, `it is nested more than ${depthMax} levels deep`);
    }
  }
  for (const token of parser.end()) tokens.push(token);
  const composer = new Composer({
    schema: 'failsafe',
    customTags: scalarTags,
    version: '1.1',
    logLevel: 'silent',
    uniqueKeys: false,
  });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined || document.contents === null) {
    throw formatError('unsupported structure. The template is empty.');
  }
  if (second !== undefined) throw formatError('unsupported structure. A template is one YAML document, this has more.');
  return document;
}

function convert(node: unknown, fail: (offset: number, why: string) => Error): Value {
  if (node === null || node === undefined) return null;
  if (isScalarNode(node)) return withTag(node.tag, node.value as Value, node.range?.[0] ?? 0, fail);
  if (isSeq(node)) {
    const items = node.items.map((item) => convert(item, fail));
    return withTag(node.tag, items, node.range?.[0] ?? 0, fail);
  }
  if (!isMap(node)) throw fail(0, 'a value of this kind is not supported');
  const members: Record<string, Value> = {};
  for (const { key, value } of node.items) {
    const offset = isScalarNode(key) ? (key.range?.[0] ?? 0) : (node.range?.[0] ?? 0);
    if (!isScalarNode(key)) throw fail(offset, 'a key must be text');
    const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
    if (name === '__proto__') throw fail(offset, "the key '__proto__' is not allowed");
    if (Object.hasOwn(members, name)) throw fail(offset, `the key '${name}' stands here twice`);
    members[name] = convert(value, fail);
  }
  return withTag(node.tag, members, node.range?.[0] ?? 0, fail);
}

function withTag(
  tag: string | undefined,
  value: Value,
  offset: number,
  fail: (offset: number, why: string) => Error,
): Value {
  if (tag === undefined || tag.startsWith('tag:yaml.org,2002:')) return value;
  const name = shortForms.get(tag);
  if (name === undefined) throw fail(offset, `the tag ${tag} is unknown.${didYouMean(tag, shortForms.keys())}`);
  if (name === 'Fn::GetAtt' && typeof value === 'string') return { [name]: splitAttribute(value) };
  return { [name]: value };
}

/** `Bucket.Arn` to `['Bucket', 'Arn']`; an attribute may hold dots of its own, a logical id cannot. */
export function splitAttribute(text: string): string[] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}

function malformed(language: string, lines: LineCounter, offset: number, why: string): Error {
  const { line, column } = positionAt(lines, offset);
  const detail = why.replace(/ at line \d+, column \d+:?$/, '').replace(/[.:]$/, '');
  return formatError(`${language} not well-formed. (line ${line}, column ${column}): ${detail}.`);
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}
