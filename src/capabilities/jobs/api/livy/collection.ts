/** What batches and sessions have in common: a collection of numbered entries with a state and a log (Livy's REST API). */
import type { HttpResponse } from '#gateway';
import type { LogPage } from '../../applications/application-log.ts';
import { json, message, pageOfQuery, type LivyRequest } from './request.ts';

export interface LivyCollection<Entry extends { readonly id: number; readonly state: string }> {
  /** First part of its paths. */
  readonly path: 'batches' | 'sessions';
  list(from: number, size: number): { readonly total: number; readonly entries: readonly Entry[] };
  create(request: LivyRequest): Promise<Entry>;
  /** By number or by name. @throws absent */
  find(text: string): Entry;
  /** Ends and forgets it. */
  remove(entry: Entry): Promise<void>;
  readLog(id: number, from: number, size: number): LogPage;
  wire(entry: Entry): object;
  /** What only this collection serves below an entry. */
  answerPart?(entry: Entry, request: LivyRequest): Promise<HttpResponse | undefined>;
}

/** @returns undefined for a method or path that is not served */
export async function answerCollection<Entry extends { readonly id: number; readonly state: string }>(
  collection: LivyCollection<Entry>,
  request: LivyRequest,
): Promise<HttpResponse | undefined> {
  const { method, path, query } = request;
  const [, idText, part] = path;
  if (idText === undefined) {
    if (method === 'GET') return listPage(collection, query);
    if (method !== 'POST') return undefined;
    const entry = await collection.create(request);
    return json(201, collection.wire(entry), { location: `/${collection.path}/${entry.id}` });
  }
  const entry = collection.find(idText);
  const { id, state } = entry;
  if (part === undefined && method === 'DELETE') {
    await collection.remove(entry);
    return message(200, 'deleted');
  }
  if (method === 'GET') {
    if (part === undefined) return json(200, collection.wire(entry));
    if (part === 'state') return json(200, { id, state });
    if (part === 'log') return logPage(id, query, (from, size) => collection.readLog(id, from, size));
  }
  return collection.answerPart?.(entry, request);
}

/** The last 100 lines, or those that the query names. */
export function logPage(id: number, query: URLSearchParams, read: (from: number, size: number) => LogPage) {
  const { from, size } = pageOfQuery(query, 100, -1);
  const page = read(from, size);
  return json(200, { id, from: page.from, total: page.total, log: page.lines });
}

function listPage<Entry extends { readonly id: number; readonly state: string }>(
  collection: LivyCollection<Entry>,
  query: URLSearchParams,
): HttpResponse {
  const { from: asked, size } = pageOfQuery(query, 100);
  const from = Math.max(asked, 0);
  const { total, entries } = collection.list(from, size);
  return json(200, { from, total, sessions: entries.map((entry) => collection.wire(entry)) });
}
