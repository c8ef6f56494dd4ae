/** Livy's interactive sessions (REST API: Session, Statement). */
import type { HttpResponse } from '#gateway';
import { livyRefused } from '../../errors.ts';
import {
  parseDuration,
  type Session,
  type SessionKind,
  type SessionOptions,
  type Statement,
} from '../../sessions/session.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { LivyOwner } from './batches.ts';
import type { LivyCollection } from './collection.ts';
import { BodyReader, checkName, json, message, pageOfQuery, type LivyRequest } from './request.ts';

const shownLines = 10;

export function sessionCollection(sessions: Sessions, owner: LivyOwner): LivyCollection<Session> {
  return {
    path: 'sessions',
    list(from, size) {
      const all = sessions.listSessions();
      return { total: all.length, entries: all.slice(from, from + size) };
    },
    create: async (request) => sessions.create(owner, optionsOf(await request.body(), request.query)),
    find: (text) => sessions.getSession(text),
    remove: (session) => sessions.remove(session),
    readLog: (id, from, size) => sessions.readLog(id, from, size),
    wire: (session) => wireSession(session, sessions),
    async answerPart(session, request) {
      const [, , part] = request.path;
      if (part === 'statements') return answerStatements(sessions, session, request);
      if (request.method !== 'POST') return undefined;
      if (part === 'completion') return completeCode(sessions, session, request);
      return part === 'connect' ? json(200, wireSession(session, sessions)) : undefined;
    },
  };
}

function optionsOf(body: unknown, query: URLSearchParams): SessionOptions {
  const reader = new BodyReader(body);
  const options: SessionOptions = {
    kind: kindOf(reader.text('kind')),
    name: reader.text('name'),
    proxyUser: reader.text('proxyUser') ?? query.get('doAs') ?? undefined,
    conf: reader.map('conf'),
    pyFiles: reader.texts('pyFiles'),
    jars: reader.texts('jars'),
    files: reader.texts('files'),
    driverMemory: reader.text('driverMemory'),
    heartbeatTimeoutSeconds: reader.count('heartbeatTimeoutInSecond') ?? 0,
    ttl: reader.text('ttl'),
  };
  // Taken and without effect where Spark runs in one process.
  for (const name of ['driverCores', 'executorMemory', 'executorCores', 'numExecutors', 'queue', 'idleTimeout']) {
    reader.text(name);
  }
  reader.texts('archives');
  reader.end();
  checkName(options.name);
  if (options.ttl !== undefined && parseDuration(options.ttl) === undefined) {
    throw livyRefused(`Invalid time string: ${options.ttl.slice(0, 40)}. Write it as 90s, 10m or 1h.`);
  }
  return options;
}

// Differs from AWS: sessions of Scala (spark) and R (sparkr) are refused; pyspark, python, sql and shared are served.
function kindOf(text: string | undefined): SessionKind {
  switch (text?.toLowerCase()) {
    case undefined:
    case '':
    case 'shared':
      return 'shared';
    case 'pyspark':
    case 'pyspark3':
    case 'python':
      return 'pyspark';
    case 'sql':
      return 'sql';
    default:
      throw livyRefused(`Invalid kind: ${text?.slice(0, 40)}. Sessions here are of kind pyspark, sql or shared.`);
  }
}

async function answerStatements(
  sessions: Sessions,
  session: Session,
  request: LivyRequest,
): Promise<HttpResponse | undefined> {
  const { method, path, query } = request;
  const [, , , idText, action] = path;
  if (idText === undefined && method === 'GET') {
    const inOrder = sessions.listStatements(session);
    const all = query.get('order')?.trim().toLowerCase() === 'desc' ? inOrder.toReversed() : inOrder;
    const { from, size } = pageOfQuery(query, all.length);
    const page = all.slice(Math.max(from, 0), Math.max(from, 0) + size);
    return json(200, { total_statements: all.length, statements: page.map(wireStatement) });
  }
  if (idText === undefined && method === 'POST') {
    const reader = new BodyReader(await request.body());
    const code = reader.text('code');
    const kind = reader.text('kind');
    reader.end();
    if (code === undefined) throw livyRefused('requirement failed: code is required.');
    const kindAsked = kind === undefined || kind === '' ? session.options.kind : kindOf(kind);
    if (session.options.kind === 'sql' && kindAsked !== 'sql') throw livyRefused('This session takes SQL only.');
    const statement = sessions.addStatement(session, code, kindAsked);
    return json(201, wireStatement(statement), { location: `/sessions/${session.id}/statements/${statement.id}` });
  }
  if (idText === undefined || !/^\d{1,9}$/.test(idText)) return undefined;
  const id = Number(idText);
  if (method === 'GET' && action === undefined) return json(200, wireStatement(sessions.getStatement(session, id)));
  if (method === 'POST' && action === 'cancel') {
    sessions.cancelStatement(session, id);
    return message(200, 'canceled');
  }
  return undefined;
}

async function completeCode(sessions: Sessions, session: Session, request: LivyRequest): Promise<HttpResponse> {
  const reader = new BodyReader(await request.body());
  const code = reader.text('code') ?? '';
  const cursor = reader.count('cursor') ?? code.length;
  reader.text('kind');
  reader.end();
  return json(200, { candidates: await sessions.complete(session, code, cursor) });
}

function wireSession(session: Session, sessions: Sessions): object {
  const { id, options, caller, state, appId, sparkUiUrl } = session;
  return {
    id,
    name: options.name ?? null,
    appId: appId ?? null,
    owner: caller.userName ?? null,
    proxyUser: options.proxyUser ?? null,
    state,
    kind: options.kind,
    appInfo: { driverLogUrl: null, sparkUiUrl: sparkUiUrl ?? null },
    log: sessions.readLogTail(id, shownLines),
  };
}

function wireStatement({ id, code, state, output, startedMs, completedMs }: Statement): object {
  const progress = output === null ? 0 : 1;
  return { id, code, state, output, progress, started: startedMs, completed: completedMs };
}
