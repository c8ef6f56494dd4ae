/** Livy's batches (REST API: Batch), one application each. */
import type { Caller, HttpResponse } from '#gateway';
import { kindOfFile, nameOf, type Application, type Submission } from '../../applications/application.ts';
import type { Applications } from '../../applications/applications.ts';
import { applicationAbsent, livyRefused } from '../../errors.ts';
import { logPage, type LivyCollection } from './collection.ts';
import { BodyReader, checkName, json, pageOfQuery, type LivyRequest } from './request.ts';

export interface LivyOwner {
  /** `account/region` */
  readonly scope: string;
  readonly caller: Caller;
}

const shownLines = 10;

export function batchCollection(applications: Applications, owner: LivyOwner): LivyCollection<Application> {
  return {
    path: 'batches',
    list(from, size) {
      const page = applications.listListed(from, size);
      return { total: page.total, entries: page.applications };
    },
    async create(request) {
      const submission = submissionOf(await request.body(), request.query.get('doAs') ?? undefined);
      return applications.submit({ ...owner, source: 'livy', submission });
    },
    find: (text) => findBatch(applications, text),
    remove: ({ id }) => applications.remove(id),
    readLog: (id, from, size) => applications.readLog(id, from, size),
    wire: (application) => wireBatch(application, applications),
  };
}

function findBatch(applications: Applications, text: string): Application {
  if (/^\d{1,12}$/.test(text)) return applications.getListed(Number(text));
  const named = applications.findListed(text);
  if (named === undefined) throw applicationAbsent(text);
  return named;
}

/** @throws IllegalArgument naming what is missing or wrong */
export function submissionOf(body: unknown, doAs: string | undefined): Submission {
  const reader = new BodyReader(body);
  const file = reader.text('file');
  const submission = {
    name: reader.text('name'),
    className: reader.text('className'),
    args: reader.texts('args'),
    conf: reader.map('conf'),
    pyFiles: reader.texts('pyFiles'),
    jars: reader.texts('jars'),
    files: reader.texts('files'),
    archives: reader.texts('archives'),
    proxyUser: reader.text('proxyUser') ?? doAs,
    queue: reader.text('queue'),
    driverMemory: reader.text('driverMemory'),
    driverCores: reader.count('driverCores'),
    executorMemory: reader.text('executorMemory'),
    executorCores: reader.count('executorCores'),
    numExecutors: reader.count('numExecutors'),
  };
  reader.end();
  if (file === undefined || file === '') throw livyRefused('requirement failed: File is required.');
  checkName(submission.name);
  const kind = kindOfFile(file);
  if (kind === undefined) {
    throw livyRefused(`No engine here runs '${file.slice(0, 200)}': a batch is a .py, .jar, .sql, .mjs or .ts file.`);
  }
  for (const memory of [submission.driverMemory, submission.executorMemory]) {
    if (memory !== undefined && !/^\d+[kmgt]?b?$/i.test(memory)) {
      throw livyRefused(`'${memory.slice(0, 40)}' is not a size of memory, such as 512m or 2g.`);
    }
  }
  return { kind, file, ...submission };
}

function wireBatch(application: Application, applications: Applications): object {
  const { id, submission, caller, state, appId, driverLogUrl, sparkUiUrl } = application;
  return {
    id,
    name: submission.name ?? null,
    owner: caller.userName ?? null,
    proxyUser: submission.proxyUser ?? null,
    state,
    appId: appId ?? null,
    appInfo: { driverLogUrl: driverLogUrl ?? null, sparkUiUrl: sparkUiUrl ?? null },
    log: applications.readLogTail(id, shownLines),
  };
}

/** The history over all sources, for `millpond applications`. Not part of Livy's API. */
export function answerHistory(applications: Applications, request: LivyRequest): HttpResponse | undefined {
  const [, idText] = request.path;
  if (request.method !== 'GET') return undefined;
  if (idText === undefined) {
    const { size } = pageOfQuery(request.query, 50);
    return json(200, { applications: applications.listHistory(size).map(describe) });
  }
  if (!/^\d{1,12}$/.test(idText)) throw applicationAbsent(idText);
  const application = applications.getApplication(Number(idText));
  if (request.path[2] === undefined) return json(200, describe(application));
  if (request.path[2] !== 'log') return undefined;
  return logPage(application.id, request.query, (from, size) => applications.readLog(application.id, from, size));
}

function describe(application: Application): object {
  const { token: _token, caller, submission, ...rest } = application;
  const { environment: _environment, ...shown } = submission;
  return { ...rest, ...shown, name: nameOf(application), submittedBy: caller.arn };
}
