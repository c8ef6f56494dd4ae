/** Livy's interactive sessions (REST API: Session, Statement). */
import type { HttpResponse } from '#gateway';
import { livyRefused } from '../../errors.ts';
import type { Session, SessionKind, SessionOptions, Statement } from '../../sessions/session.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { LivyOwner } from './batches.ts';
import { BodyReader, json, message, pageOfQuery, type LivyRequest } from './request.ts';

const shownLines = 10;

export async function answerSessions(
  sessions: Sessions,
  owner: LivyOwner,
  request: LivyRequest,
): Promise<HttpResponse | undefined> {
  const { method, path, query } = request;
  const [, idText, part] = path;
  if (idText === undefined) {
    if (method === 'GET') return listSessions(sessions, query);
    if (method === 'POST') return createSession(sessions, owner, request);
    return undefined;
  }
  const session = sessions.getSession(idText);
  const { id, state } = session;
  if (method === 'DELETE' && part === undefined) {
    await sessions.remove(session);
    return message(200, 'deleted');
  }
  if (part === 'statements') return answerStatements(sessions, session, request);
  if (part === 'completion' && method === 'POST') return completeCode(sessions, session, request);
  if (part === 'connect' && method === 'POST') return json(200, wireSession(session, sessions));
  if (method !== 'GET') return undefined;
  if (part === undefined) return json(200, wireSession(session, sessions));
  if (part === 'state') return json(200, { id, state });
  if (part !== 'log') return undefined;
  const { from, size } = pageOfQuery(query, 100, -1);
  const page = sessions.readLog(id, from, size);
  return json(200, { id, from: page.from, total: page.total, log: page.lines });
}

function listSessions(sessions: Sessions, query: URLSearchParams): HttpResponse {
  const { from, size } = pageOfQuery(query, 100);
  const start = Math.max(from, 0);
  const all = sessions.listSessions();
  const page = all.slice(start, start + size).map((session) => wireSession(session, sessions));
  return json(200, { from: start, total: all.length, sessions: page });
}

async function createSession(sessions: Sessions, owner: LivyOwner, request: LivyRequest): Promise<HttpResponse> {
  const reader = new BodyReader(await request.body());
  const options: SessionOptions = {
    kind: kindOf(reader.text('kind')),
    name: reader.text('name'),
    proxyUser: reader.text('proxyUser') ?? request.query.get('doAs') ?? undefined,
    conf: reader.map('conf'),
    pyFiles: reader.texts('pyFiles'),
    jars: reader.texts('jars'),
    files: reader.texts('files'),
    driverMemory: reader.text('driverMemory'),
    heartbeatTimeoutSeconds: reader.count('heartbeatTimeoutInSecond') ?? 0,
  };
  // Taken and without effect where Spark runs in one process.
  for (const name of [
    'driverCores',
    'executorMemory',
    'executorCores',
    'numExecutors',
    'queue',
    'ttl',
    'idleTimeout',
  ]) {
    reader.text(name);
  }
  reader.texts('archives');
  reader.end();
  const session = await sessions.create(owner, options);
  return json(201, wireSession(session, sessions), { location: `/sessions/${session.id}` });
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
    const all = sessions.listStatements(session);
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
    log: sessions.readLog(id, -1, shownLines).lines,
  };
}

function wireStatement({ id, code, state, output, startedMs, completedMs }: Statement): object {
  const progress = output === null ? 0 : 1;
  return { id, code, state, output, progress, started: startedMs, completed: completedMs };
}
