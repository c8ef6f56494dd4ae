/**
 * Which operation of a REST service a method, path and query mean.
 *
 * S3 has many operations on one path. Those whose fixed query parts (`?uploads`) are all there come first, then those
 * whose required query members are there, then those whose required headers are (`x-amz-copy-source`).
 */
import { PlatformError } from '#kernel/errors';
import type { Operation, ServiceModel } from '../../model/model.ts';
import type { RequestLine } from '../protocol.ts';

interface Label {
  readonly name: string;
  /** Takes the rest of the path, slashes included. */
  readonly isGreedy: boolean;
}

type Segment = string | Label;

interface Route {
  readonly operation: Operation;
  readonly segments: readonly Segment[];
  /** `name` or `name=value` */
  readonly literals: readonly (readonly [name: string, value: string | undefined])[];
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
}

export class RestRouter {
  readonly #routes = new Map<string, Route[]>();
  readonly #byOperation = new Map<string, Route>();

  constructor(model: ServiceModel) {
    for (const name of model.operationNames) {
      const route = compileRoute(model.findOperation(name)!);
      const { method } = route.operation.raw.http;
      this.#routes.set(method, [...(this.#routes.get(method) ?? []), route]);
      this.#byOperation.set(name, route);
    }
  }

  find(request: RequestLine): Operation | undefined {
    const segments = splitPath(request.rawPath);
    const query = parseQuery(request.rawQuery);
    let best: Route | undefined;
    let bestScore = -Infinity;
    for (const route of this.#routes.get(request.method) ?? []) {
      if (!matchesPath(route.segments, segments)) continue;
      const score = scoreOf(route, query, request.headers);
      if (score > bestScore) {
        best = route;
        bestScore = score;
      }
    }
    return best?.operation;
  }

  /** The labels of the path, decoded, by name. */
  labels(operation: Operation, rawPath: string): Record<string, string> {
    const route = this.#byOperation.get(operation.name);
    const parts = splitPath(rawPath);
    const labels: Record<string, string> = {};
    for (const [index, segment] of (route?.segments ?? []).entries()) {
      if (typeof segment === 'string') continue;
      labels[segment.name] = decodeLabel(segment.isGreedy ? parts.slice(index).join('/') : (parts[index] ?? ''));
    }
    return labels;
  }
}

/** Names and values decoded, in order of their coming. `+` stands for a space only in values. */
export function parseQuery(rawQuery: string): Map<string, string[]> {
  const query = new Map<string, string[]>();
  if (rawQuery === '') return query;
  for (const part of rawQuery.split('&')) {
    if (part === '') continue;
    const cut = part.indexOf('=');
    const name = decodeLabel(cut === -1 ? part : part.slice(0, cut));
    const value = cut === -1 ? '' : decodeLabel(part.slice(cut + 1).replaceAll('+', ' '));
    const values = query.get(name);
    if (values === undefined) query.set(name, [value]);
    else values.push(value);
  }
  return query;
}

function compileRoute(operation: Operation): Route {
  const [path = '/', query = ''] = operation.raw.http.requestUri.split('?');
  const required = new Set(operation.input?.shape.raw.required);
  const members = [...(operation.input?.shape.members.values() ?? [])].filter(({ name }) => required.has(name));
  const located = (location: string): string[] =>
    members.filter(({ traits }) => traits.location === location).map(({ wireName }) => wireName);
  return {
    operation,
    segments: splitPath(path).map(compileSegment),
    literals: query === '' ? [] : query.split('&').map(compileLiteral),
    requiredQuery: located('querystring'),
    requiredHeaders: located('header').map((name) => name.toLowerCase()),
  };
}

function compileSegment(text: string): Segment {
  const match = /^\{([^+}]+)(\+?)\}$/.exec(text);
  return match === null ? text : { name: match[1]!, isGreedy: match[2] === '+' };
}

function compileLiteral(text: string): readonly [string, string | undefined] {
  const [name = '', value] = text.split('=');
  return [name, value];
}

/** `/bucket/a//b/` gives `bucket`, `a`, ``, `b`, ``; a slash directly behind the bucket alone is no key. */
function splitPath(path: string): string[] {
  const parts = path.slice(1).split('/');
  if (parts.at(-1) === '' && parts.length <= 2) parts.pop();
  return parts;
}

function matchesPath(pattern: readonly Segment[], parts: readonly string[]): boolean {
  for (const [index, segment] of pattern.entries()) {
    if (index >= parts.length) return false;
    if (typeof segment === 'string') {
      if (segment !== parts[index]) return false;
    } else if (segment.isGreedy) return true;
    else if (parts[index] === '') return false;
  }
  return pattern.length === parts.length;
}

function scoreOf(
  route: Route,
  query: ReadonlyMap<string, readonly string[]>,
  headers: Readonly<Record<string, string>>,
): number {
  let score = route.operation.raw.deprecated === true ? -1 : 0;
  for (const [name, value] of route.literals) {
    const given = query.get(name)?.[0];
    if (given === undefined || (value !== undefined && given !== value)) return -Infinity;
    score += 10_000;
  }
  for (const name of route.requiredQuery) {
    // A named sub-resource stays itself when a parameter is missing; the answer then says which.
    if (query.has(name)) score += 100;
    else if (route.literals.length === 0) return -Infinity;
    else score -= 100;
  }
  for (const name of route.requiredHeaders) score += headers[name] === undefined ? -10 : 10;
  return score;
}

function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new PlatformError('invalid', 'InvalidURI', `Couldn't parse the specified URI: '${text.slice(0, 100)}'.`);
  }
}
