/** Signatures: reading them, and fitting arguments to them as Trino resolves a function. */
import { parseType } from '../parser/type-parser.ts';
import { commonType, isCoercible, isInteger, isNumeric, isText } from '../types/coercion.ts';
import { sameType, type SqlType } from '../types/sql-type.ts';

export type Pattern =
  | { readonly kind: 'exact'; readonly type: SqlType }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'array'; readonly element: Pattern }
  | { readonly kind: 'map'; readonly key: Pattern; readonly value: Pattern }
  | { readonly kind: 'function'; readonly parameters: readonly Pattern[]; readonly result: Pattern };

export interface Signature {
  readonly parameters: readonly Pattern[];
  readonly repeatsLast: boolean;
  readonly result: Pattern;
}

export type Bindings = Map<string, SqlType>;

export function parseSignature(text: string): Signature {
  const [left = '', right = ''] = text.split(/\s*->\s*/);
  const repeatsLast = left.endsWith('...');
  const parameters = splitTop(repeatsLast ? left.slice(0, -3) : left).map(parsePattern);
  return { parameters, repeatsLast, result: parsePattern(right) };
}

function parsePattern(text: string): Pattern {
  const open = text.indexOf('(');
  const name = open === -1 ? text : text.slice(0, open);
  const inner = open === -1 ? [] : splitTop(text.slice(open + 1, -1)).map((part) => part);
  if (/^[A-Z]$/.test(text)) return { kind: 'variable', name: text };
  if (name === 'array') return { kind: 'array', element: parsePattern(inner[0] ?? '') };
  if (name === 'map') return { kind: 'map', key: parsePattern(inner[0] ?? ''), value: parsePattern(inner[1] ?? '') };
  if (name === 'function') {
    const parts = inner.map(parsePattern);
    return { kind: 'function', parameters: parts.slice(0, -1), result: parts.at(-1) as Pattern };
  }
  if (text === 'timestamptz') return { kind: 'exact', type: { kind: 'timestamp', precision: 3, withTimeZone: true } };
  return { kind: 'exact', type: parseType(text) };
}

/** Parts between commas that stand in no parentheses. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const char of text) {
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else {
      part += char;
    }
  }
  return part.trim() === '' ? parts : [...parts, part.trim()];
}

export function parameterAt(signature: Signature, index: number): Pattern | undefined {
  const { parameters, repeatsLast } = signature;
  return parameters[index] ?? (repeatsLast ? parameters.at(-1) : undefined);
}

export function fitsCount(signature: Signature, count: number): boolean {
  return signature.repeatsLast ? count >= signature.parameters.length : count === signature.parameters.length;
}

/**
 * Binds the pattern's variables so that the type fits.
 * @param exact whether no coercion is allowed
 */
export function bind(pattern: Pattern, type: SqlType, bindings: Bindings, exact: boolean): boolean {
  if (pattern.kind === 'exact') return fitsExact(pattern.type, type, exact);
  if (pattern.kind === 'variable') return bindVariable(pattern.name, type, bindings);
  if (type.kind === 'unknown') return !exact;
  if (pattern.kind === 'array') return type.kind === 'array' && bind(pattern.element, type.element, bindings, exact);
  if (pattern.kind === 'map') {
    return (
      type.kind === 'map' &&
      bind(pattern.key, type.key, bindings, exact) &&
      bind(pattern.value, type.value, bindings, exact)
    );
  }
  return false;
}

function fitsExact(wanted: SqlType, type: SqlType, exact: boolean): boolean {
  if (isText(wanted) && isText(type)) return true;
  if (wanted.kind === 'timestamp' && type.kind === 'timestamp')
    return exact ? wanted.withTimeZone === type.withTimeZone : wanted.withTimeZone || !type.withTimeZone;
  return exact
    ? wanted.kind === type.kind && (wanted.kind === 'row' || wanted.kind === 'decimal' || sameType(wanted, type))
    : isCoercible(type, wanted);
}

const constraints: Readonly<Record<string, (type: SqlType) => boolean>> = {
  N: isNumeric,
  I: isInteger,
  M: (type) => type.kind === 'date' || type.kind === 'timestamp',
};

function bindVariable(name: string, type: SqlType, bindings: Bindings): boolean {
  const allowed = constraints[name];
  if (allowed !== undefined && type.kind !== 'unknown' && !allowed(type)) return false;
  const bound = bindings.get(name);
  const common = bound === undefined ? type : commonType(bound, type);
  if (common === undefined) return false;
  bindings.set(name, common);
  return true;
}

/** The pattern with its variables filled in; unbound ones are the type of NULL. */
export function substitute(pattern: Pattern, bindings: Bindings): SqlType {
  switch (pattern.kind) {
    case 'exact':
      return pattern.type;
    case 'variable':
      return bindings.get(pattern.name) ?? { kind: 'unknown' };
    case 'array':
      return { kind: 'array', element: substitute(pattern.element, bindings) };
    case 'map':
      return { kind: 'map', key: substitute(pattern.key, bindings), value: substitute(pattern.value, bindings) };
    case 'function':
      return substitute(pattern.result, bindings);
  }
}
