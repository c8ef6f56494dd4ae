/** Requests and answers of Livy's REST API, and the readers of its JSON bodies: a wrong member is named, never ignored. */
import type { HttpResponse } from '#gateway';
import { livyRefused } from '../../errors.ts';

export interface LivyRequest {
  readonly method: string;
  /** Path without the query, in parts: `['batches', '7', 'log']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** The whole body. @throws when it is too large */
  body(): Promise<unknown>;
}

export function json(status: number, content: unknown, headers: Record<string, string> = {}): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=utf-8', ...headers },
    body: JSON.stringify(content),
  };
}

export function message(status: number, msg: string): HttpResponse {
  return json(status, { msg });
}

/** A page of lines or sessions. @throws when a bound is no whole number */
export function pageOfQuery(
  query: URLSearchParams,
  sizeDefault: number,
  fromDefault = 0,
): { from: number; size: number } {
  const from = wholeNumber(query, 'from', fromDefault);
  const size = wholeNumber(query, 'size', sizeDefault);
  if (size < 0) throw livyRefused(`size is ${size}; it must be 0 or more.`);
  // Limit: a page holds at most 10,000 entries.
  return { from, size: Math.min(size, 10_000) };
}

/** @throws when a name could be taken for a number, by which entries are found too */
export function checkName(name: string | undefined): void {
  if (name !== undefined && /^\d*$/.test(name)) {
    throw livyRefused(`'${name}' is not a session name: it must not be a number or empty.`);
  }
}

function wholeNumber(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  if (!/^-?\d{1,9}$/.test(text)) throw livyRefused(`For input string: "${text.slice(0, 40)}" (${name})`);
  return Number(text);
}

/** Reads a JSON object's members by name and in the end refuses those that nobody asked for. */
export class BodyReader {
  readonly #members: Map<string, unknown>;

  constructor(body: unknown) {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw livyRefused('The body must be a JSON object.');
    }
    this.#members = new Map(Object.entries(body));
  }

  text(name: string): string | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw livyRefused(`Cannot deserialize '${name}': it must be a string.`);
  }

  count(name: string): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (Number.isSafeInteger(number) && Number(number) >= 0) return Number(number);
    throw livyRefused(`Cannot deserialize '${name}': it must be a whole number.`);
  }

  texts(name: string): string[] {
    const value = this.#take(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw livyRefused(`Cannot deserialize '${name}': it must be a list of strings.`);
    return value.map((entry: unknown) => {
      if (typeof entry === 'string') return entry;
      if (typeof entry === 'number' || typeof entry === 'boolean') return String(entry);
      throw livyRefused(`Cannot deserialize '${name}': it must be a list of strings.`);
    });
  }

  map(name: string): Record<string, string> {
    const value = this.#take(name);
    if (value === undefined) return {};
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw livyRefused(`Cannot deserialize '${name}': it must be an object of strings.`);
    }
    const entries = Object.entries(value as object).map(([key, entry]: [string, unknown]) => {
      if (typeof entry === 'object' && entry !== null) throw livyRefused(`Cannot deserialize '${name}.${key}'.`);
      return [key, String(entry)] as const;
    });
    return Object.fromEntries(entries);
  }

  /** @throws naming the first member that was not read */
  end(): void {
    const [unknown] = this.#members.keys();
    if (unknown !== undefined) throw livyRefused(`Unrecognized field "${unknown.slice(0, 80)}"`);
  }

  #take(name: string): unknown {
    const value = this.#members.get(name);
    this.#members.delete(name);
    return value ?? undefined;
  }
}
