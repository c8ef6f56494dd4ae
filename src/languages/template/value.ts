/**
 * The values of a template: JSON, with functions still in it (`Value`) or worked out as far as is known (`Resolved`).
 *
 * Objects are plain ones; the key `__proto__` is refused where text becomes values, so no other place has to fear it.
 */
export type Value = string | number | boolean | null | readonly Value[] | Mapping;
export interface Mapping {
  readonly [name: string]: Value;
}

/** A value that only a deployment will tell, such as the ARN of a role that does not exist yet. */
export class Unknown {
  /** What it waits for, such as `Role.Arn`. */
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** What `AWS::NoValue` gives: the member that holds it disappears. */
export const noValue: unique symbol = Symbol('AWS::NoValue');

export type Resolved = string | number | boolean | null | Unknown | readonly Resolved[] | ResolvedMapping;
export interface ResolvedMapping {
  readonly [name: string]: Resolved;
}

/** Where in a template something stands; numbers are places in a list. */
export type Path = readonly (string | number)[];

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unknown);
}

export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** A value for a message: text as it is, everything else as JSON. */
export function formatValue(value: Resolved | Value | undefined): string {
  return typeof value === 'string' ? value : canonicalText(value);
}

/** `/Resources/Bucket/Properties/Tags/0` */
export function formatPath(path: Path): string {
  return `/${path.join('/')}`;
}

/** JSON with sorted keys: equal values give equal text. An unknown value equals nothing but one of the same source. */
export function canonicalText(value: Resolved | Value | undefined): string {
  if (value === undefined) return '';
  if (value instanceof Unknown) return `<${value.source}>`;
  if (Array.isArray(value)) return `[${value.map((item: Resolved) => canonicalText(item)).join(',')}]`;
  if (isMapping(value)) {
    const members = Object.keys(value)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonicalText(value[name])}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** The first unknown value inside, if there is one. */
export function findUnknown(value: Resolved): Unknown | undefined {
  if (value instanceof Unknown) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    const found = findUnknown(member as Resolved);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Applies `change` to every string inside. */
export function mapStrings<T extends Value | Resolved>(value: T, change: (text: string) => T): T {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null || value instanceof Unknown) return value;
  if (Array.isArray(value)) return value.map((item: T) => mapStrings(item, change)) as unknown as T;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapStrings(member as T, change)]),
  ) as unknown as T;
}

/** The candidate that a reader most likely meant; undefined when none is near. */
export function findNearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ` Did you mean X?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const nearest = findNearest(word, candidates);
  return nearest === undefined ? '' : ` Did you mean ${nearest}?`;
}

/** Levenshtein's distance. Limit: words above 100 characters are not compared. */
function editDistance(a: string, b: string): number {
  if (a.length > 100 || b.length > 100) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
