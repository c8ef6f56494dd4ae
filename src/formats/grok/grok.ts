/** `%{PATTERN:field:type}` made into one regular expression, its fields and their Hive types. */
import { badDefinition } from '../errors.ts';
import type { Column, HiveType } from '../hive-type.ts';
import { library } from './library.ts';
import { compileTrusted, compileUserRegex, patternLengthMax, type LinePattern } from './line-pattern.ts';

export interface GrokField {
  readonly name: string;
  readonly type: HiveType;
}

export interface GrokPattern {
  readonly fields: readonly GrokField[];
  /** The fields' texts in order; undefined where a field took no part; nothing when the line does not match. */
  match(line: string): (string | undefined)[] | undefined;
}

const types: Readonly<Record<string, HiveType>> = {
  string: { kind: 'string' },
  int: { kind: 'int' },
  integer: { kind: 'int' },
  long: { kind: 'bigint' },
  bigint: { kind: 'bigint' },
  short: { kind: 'smallint' },
  byte: { kind: 'tinyint' },
  float: { kind: 'float' },
  double: { kind: 'double' },
  boolean: { kind: 'boolean' },
  date: { kind: 'date' },
  timestamp: { kind: 'timestamp' },
};

const depthMax = 50;
const referencePattern = /%\{(\w+)(?::([^:{}]+?))?(?::([^:{}]+?))?\}/g;

/**
 * @param customPatterns lines of `NAME expression`, `#` begins a comment; they go before the library's
 * @throws InvalidInputException naming the pattern, the type or what the expression engine does not know
 */
export function compileGrok(pattern: string, customPatterns = '', options: { isTrusted?: boolean } = {}): GrokPattern {
  const patterns = new Map([...Object.entries(library), ...parseCustomPatterns(customPatterns)]);
  const fields: GrokField[] = [];
  const expand = (text: string, path: readonly string[]): string => {
    if (path.length > depthMax)
      throw badDefinition('Grok pattern', pattern, `patterns refer to each other more than ${depthMax} deep`);
    const expanded = text.replace(referencePattern, (_whole, name: string, field?: string, typeName?: string) => {
      if (path.includes(name))
        throw badDefinition('Grok pattern', pattern, `%{${name}} refers to itself: ${[...path, name].join(' > ')}`);
      const own = patterns.get(name);
      if (own === undefined) throw badDefinition('Grok pattern', pattern, `there is no pattern %{${name}}`);
      if (field === undefined) return `(?:${expand(own, [...path, name])})`;
      const type = typeName === undefined ? types['string'] : types[typeName.toLowerCase()];
      if (type === undefined)
        throw badDefinition('Grok pattern', pattern, `'${typeName}' is no type; use ${Object.keys(types).join(', ')}`);
      const group = fields.push({ name: field.trim().toLowerCase(), type }) - 1;
      return `(?P<field${group}>${expand(own, [...path, name])})`;
    });
    if (expanded.length > patternLengthMax)
      throw badDefinition('Grok pattern', pattern.slice(0, 100), 'it is too long when all names are put in');
    return expanded;
  };
  const source = expand(pattern, []);
  const compiled =
    options.isTrusted === true
      ? compileTrusted(source)
      : compileUserRegex(source, { isWhole: false, title: 'Grok pattern' });
  return assemble(compiled, fields);
}

/** Custom named groups `(?<name>…)` of the user are fields too, in the order of their groups. */
function assemble(compiled: LinePattern, own: readonly GrokField[]): GrokPattern {
  const groups: number[] = [];
  const fields: GrokField[] = [];
  for (const [number, name] of [...compiled.names].sort(([a], [b]) => a - b)) {
    const index = /^field(\d+)$/.exec(name)?.[1];
    const field =
      index === undefined ? { name: name.toLowerCase(), type: { kind: 'string' } as const } : own[Number(index)];
    if (field === undefined) continue;
    groups.push(number - 1);
    fields.push(field);
  }
  return {
    fields,
    match(line) {
      const texts = compiled.match(line);
      return texts === undefined ? undefined : groups.map((group) => texts[group]);
    },
  };
}

/** One column a field; a name that comes again keeps the first place, as one of its places holds the value. */
export function grokColumns(pattern: GrokPattern): Column[] {
  const columns = new Map<string, Column>();
  for (const field of pattern.fields) if (!columns.has(field.name)) columns.set(field.name, field);
  return [...columns.values()];
}

function parseCustomPatterns(text: string): [string, string][] {
  return text.split(/\r?\n/).flatMap((line): [string, string][] => {
    if (line.trim() === '' || line.trimStart().startsWith('#')) return [];
    const match = /^\s*(\w+)\s+(.*?)\s*$/.exec(line);
    if (match === null)
      throw badDefinition('Custom pattern', line.slice(0, 100), 'a line is a name, a blank and an expression');
    return [[match[1] as string, match[2] as string]];
  });
}
