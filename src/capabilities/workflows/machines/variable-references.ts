/** Which variables each state of a definition reads: what DescribeStateMachine tells editors. */

type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

/** Members that hold flows of their own, whose states are counted under their own names. */
const flowMembers = new Set(['States']);
/** Text for people or for other services, in which a dollar sign means nothing. */
const plainMembers = new Set(['Comment', 'Type', 'Resource', 'Next', 'Default', 'QueryLanguage', 'StartAt']);
const reserved = new Set(['states']);

/**
 * @param definition JSON text of a machine
 * @returns sorted variable names by state, of the states that read any; undefined when none does
 */
export function variableReferences(definition: string): Record<string, string[]> | undefined {
  const references: Record<string, string[]> = {};
  const machine = JSON.parse(definition) as { [name: string]: Value };
  collectFlow(machine, languageOf(machine, 'JSONPath'), references);
  return Object.keys(references).length === 0 ? undefined : references;
}

function collectFlow(
  flow: { readonly [name: string]: Value },
  language: string,
  references: Record<string, string[]>,
): void {
  const { States: states } = flow;
  if (!isObject(states)) return;
  for (const [name, state] of Object.entries(states)) {
    if (!isObject(state)) continue;
    const own = languageOf(state, language);
    const names = new Set<string>();
    collectValue(state, '', own, names, (inner) => collectFlow(inner, own, references));
    if (names.size > 0) references[name] = [...names].toSorted();
  }
}

function collectValue(
  value: Value,
  member: string,
  language: string,
  names: Set<string>,
  onFlow: (flow: { readonly [name: string]: Value }) => void,
): void {
  if (typeof value === 'string') {
    for (const name of language === 'JSONata' ? jsonataNames(value) : pathNames(value, member)) names.add(name);
  } else if (Array.isArray(value)) {
    for (const item of value as readonly Value[]) collectValue(item, member, language, names, onFlow);
  } else if (isObject(value)) {
    if (isObject(value['States'])) onFlow(value);
    for (const [name, inner] of Object.entries(value)) {
      if (flowMembers.has(name) || plainMembers.has(name)) continue;
      collectValue(inner, name, language, names, onFlow);
    }
  }
}

/** `$name…` and the arguments of intrinsic functions; `$`, `$.x`, `$[0]` and `$$` are no variables. */
function* pathNames(text: string, member: string): Iterable<string> {
  const isExpression = member.endsWith('.$') || member.endsWith('Path') || member === 'Variable';
  if (!isExpression) return;
  const unquoted = withoutTexts(text, "'");
  for (const match of unquoted.matchAll(/(?<![\w$.\])])\$([A-Za-z_]\w*)/g)) yield match[1] ?? '';
}

/** Names that an expression reads and neither binds itself nor calls. */
function* jsonataNames(text: string): Iterable<string> {
  const expression = /^\s*\{%([\s\S]*)%\}\s*$/.exec(text)?.[1];
  if (expression === undefined) return;
  const code = withoutTexts(expression, '"\'`');
  const bound = new Set<string>();
  for (const match of code.matchAll(/\$([A-Za-z_]\w*)\s*:=/g)) bound.add(match[1] ?? '');
  for (const match of code.matchAll(/(?:\bfunction|λ)\s*\(([^()]*)\)/g)) {
    for (const name of (match[1] ?? '').matchAll(/\$([A-Za-z_]\w*)/g)) bound.add(name[1] ?? '');
  }
  for (const match of code.matchAll(/(?<!\$)\$([A-Za-z_]\w*)(?!\w)(?!\s*\()/g)) {
    const name = match[1] ?? '';
    if (!bound.has(name) && !reserved.has(name)) yield name;
  }
}

/** The code with its texts and comments emptied, in one pass: a definition may be hostile. What is never closed goes. */
function withoutTexts(code: string, quotes: string): string {
  let kept = '';
  for (let at = 0; at < code.length; at++) {
    const character = code[at] ?? '';
    if (quotes.includes(character)) {
      for (at++; at < code.length && code[at] !== character; at++) if (code[at] === '\\') at++;
      kept += "''";
    } else if (code.startsWith('/*', at)) {
      const end = code.indexOf('*/', at + 2);
      if (end === -1) break;
      at = end + 1;
    } else {
      kept += character;
    }
  }
  return kept;
}

function languageOf(state: { readonly [name: string]: Value }, outer: string): string {
  const { QueryLanguage: own } = state;
  return typeof own === 'string' ? own : outer;
}

function isObject(value: Value | undefined): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
