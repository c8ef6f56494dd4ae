/**
 * Runs handlers of `nodejs*` functions: speaks the open Lambda Runtime API (Lambda Developer Guide, "Using the Lambda
 * runtime API") with the process that started it. Needs nothing but Node.
 */
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { registerHooks, createRequire } from 'node:module';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';

const { env } = process;
const [authority, prefix = ''] = env.MILLPOND_RUNTIME_API.split(/\/(.*)/s);
const [host, port] = authority.split(':');
const base = `${prefix === '' ? '' : `/${prefix}`}/2018-06-01/runtime`;
const mark = env.MILLPOND_LOG_MARK;
const runtimeModules = env.MILLPOND_RUNTIME_MODULES;
for (const name of ['MILLPOND_RUNTIME_API', 'MILLPOND_LOG_MARK', 'MILLPOND_RUNTIME_MODULES']) delete env[name];

const agent = new Agent({ keepAlive: true, maxSockets: 1, noDelay: true });
const isJsonLog = env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
const levelOrder = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const deferred = { endOfLoop: undefined };
let requestId = '';

class RuntimeError extends Error {
  constructor(type, message) {
    super(message);
    this.name = type;
  }
}

function call(method, path, body, headers = {}) {
  return new Promise((settle, fail) => {
    const sent = request({ agent, host, port, method, path: base + path, headers }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => settle({ headers: answer.headers, body: Buffer.concat(chunks) }));
      answer.on('error', fail);
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

function post(path, body, headers = {}) {
  return call('POST', path, body, { ...headers, 'content-length': Buffer.byteLength(body) });
}

function patchConsole() {
  const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' };
  const least = levelOrder.indexOf(isJsonLog ? (env.AWS_LAMBDA_LOG_LEVEL ?? 'INFO') : 'TRACE');
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...values) => {
      if (levelOrder.indexOf(level) >= least) sayValues(level, values);
    };
  }
}

function sayValues(level, values) {
  if (!isJsonLog) return say(level, format(...values));
  const error = values.length > 1 ? values.find((value) => value instanceof Error) : undefined;
  const message = values.length === 1 ? values[0] : format(...values);
  sayObject(level, { message, ...(error !== undefined && describeForLog(error)) });
}

/** One event of a log of JSON. */
function sayObject(level, members) {
  const head = { timestamp: new Date().toISOString(), level, requestId: requestId || undefined };
  let line;
  try {
    line = JSON.stringify({ ...head, ...members }, (_name, value) =>
      value instanceof Error ? describeForLog(value) : value,
    );
  } catch {
    line = JSON.stringify({ ...head, ...members, message: format(members.message) });
  }
  process.stdout.write(`${line}\n`);
}

function describeForLog(error) {
  const { trace, ...facts } = describe(error);
  return { ...facts, stackTrace: trace };
}

/** One event of the log; line feeds within it travel as carriage returns. */
function say(level, text) {
  const line = `${new Date().toISOString()}\t${requestId || 'undefined'}\t${level}\t${text}`;
  process.stdout.write(`${line.replaceAll('\n', '\r')}\n`);
}

function sayFault(what, error) {
  if (isJsonLog) sayObject('ERROR', { message: JSON.parse(errorBody(error)) });
  else say('ERROR', `${what} \t${errorBody(error)}`);
}

/** Tells that everything said so far belongs to this invocation. */
function endOutput() {
  if (mark !== undefined) process.stdout.write(`\0${mark} ${requestId}\n`);
}

function describe(error, fallbackType = 'Error') {
  if (!(error instanceof Error)) {
    const text = typeof error === 'string' ? error : (safeJson(error) ?? inspect(error));
    return { errorType: typeof error, errorMessage: text, trace: [] };
  }
  const own = {};
  for (const [name, value] of Object.entries(error)) {
    if (!['name', 'message', 'stack'].includes(name) && safeJson(value) !== undefined) own[name] = value;
  }
  return {
    errorType: error.name || fallbackType,
    errorMessage: error.message,
    ...(Object.keys(own).length > 0 && own),
    trace: (error.stack ?? '').split('\n'),
  };
}

function safeJson(value) {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function errorBody(error) {
  return safeJson(describe(error)) ?? '{"errorType":"Error","errorMessage":"the error cannot be shown","trace":[]}';
}

async function loadHandler() {
  const root = env.LAMBDA_TASK_ROOT ?? '/var/task';
  const text = env._HANDLER ?? '';
  if (text.includes('..')) {
    throw new RuntimeError(
      'Runtime.MalformedHandlerName',
      `'${text}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const [, file, path] = /^([^.]*)\.(.+)$/.exec(basename(text)) ?? [];
  if (path === undefined) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler');
  const stem = resolve(root, dirname(text), file);
  const found = ['.js', '.mjs', '.cjs', ''].map((extension) => stem + extension).find((name) => existsSync(name));
  if (found === undefined) {
    throw new RuntimeError(
      'Runtime.ImportModuleError',
      `Error: Cannot find module '${file}'\nRequire stack:\n- /var/runtime/index.mjs`,
    );
  }
  const module = await load(found);
  const handler = pick(module, path) ?? pick(module.default, path);
  if (handler === undefined) throw new RuntimeError('Runtime.HandlerNotFound', `${text} is undefined or not exported`);
  if (typeof handler !== 'function') throw new RuntimeError('Runtime.HandlerNotFound', `${text} is not a function`);
  return handler;
}

async function load(file) {
  try {
    if (file.endsWith('.cjs')) return createRequire(file)(file);
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw Object.assign(new RuntimeError('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`), {
        stack: error.stack,
      });
    }
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
      throw Object.assign(new RuntimeError('Runtime.ImportModuleError', `Error: ${error.message}`), {
        stack: error.stack,
      });
    }
    throw error;
  }
}

function pick(module, path) {
  let value = module;
  for (const name of path.split('.')) {
    if (value === undefined || value === null) return undefined;
    value = value[name];
  }
  return value;
}

/**
 * Packages that the function's own has not: those of layers, by NODE_PATH, which `import` does not look at by itself, and
 * the AWS SDK that the runtime brings.
 */
function offerModules() {
  const layers = (env.NODE_PATH ?? '').split(delimiter).filter((folder) => basename(folder) === 'node_modules');
  const parentOf = (folder) => pathToFileURL(join(dirname(folder), 'x.mjs')).href;
  const brought = runtimeModules === undefined ? [] : [parentOf(join(runtimeModules, 'node_modules'))];
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (/^(?:[./]|[a-z]+:)/.test(specifier)) throw error;
        const isSdk = /^@(?:aws-sdk|smithy)\//.test(specifier);
        for (const parentURL of [...layers.map(parentOf), ...(isSdk ? brought : [])]) {
          try {
            return next(specifier, { ...context, parentURL });
          } catch {
            // The next one may have it; the error that counts is the first.
          }
        }
        throw error;
      }
    },
  });
}

function contextOf(headers) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  const clientContext = headers['lambda-runtime-client-context'];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    ...(clientContext !== undefined && { clientContext: JSON.parse(clientContext) }),
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

const streaming = Symbol('streaming');
const integrationType = 'application/vnd.awslambda.http-integration-response';

/** What handlers find as `awslambda`: answers in pieces ("Response streaming for Lambda functions"). */
const awslambda = {
  streamifyResponse: (handler, options) => Object.assign(handler, { [streaming]: options ?? {} }),
  HttpResponseStream: {
    /** Puts status, headers and cookies before the body. */
    from(stream, head) {
      stream.setContentType(integrationType);
      stream.begin = Buffer.concat([Buffer.from(JSON.stringify(head)), Buffer.alloc(8)]);
      return stream;
    },
  },
};

/** Opens the request to the platform with its first piece, so that a handler that fails before it can still say so. */
class ResponseStream extends Writable {
  #type = 'application/octet-stream';
  #sent;
  #answered;
  begin;

  setContentType(type) {
    this.#type = type;
  }

  get isOpen() {
    return this.#sent !== undefined;
  }

  #open() {
    if (this.#sent !== undefined) return;
    const headers = {
      'content-type': this.#type,
      'transfer-encoding': 'chunked',
      'lambda-runtime-function-response-mode': 'streaming',
      trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
    };
    const path = `${base}/invocation/${requestId}/response`;
    this.#answered = new Promise((settle, fail) => {
      this.#sent = request({ agent, host, port, method: 'POST', path, headers }, (answer) => {
        answer.resume();
        answer.on('end', settle);
        answer.on('error', fail);
      });
      this.#sent.on('error', fail);
    });
    this.#answered.catch(() => undefined);
    if (this.begin !== undefined) this.#sent.write(this.begin);
  }

  _write(piece, encoding, done) {
    this.#open();
    // Waits for the wire, not for the other side: it may have gone.
    if (this.#sent.write(piece)) done();
    else this.#sent.once('drain', done);
  }

  _final(done) {
    this.#open();
    endOutput();
    this.#sent.end();
    void this.#close(done);
  }

  async #close(done) {
    let failure;
    try {
      await this.#answered;
    } catch (error) {
      failure = error;
    }
    done(failure);
  }

  /** Ends what was begun with the error behind it. */
  async fail(error) {
    const body = errorBody(error);
    sayFault('Invoke Error', error);
    endOutput();
    const { errorType, errorMessage } = describe(error);
    const short = JSON.stringify({ errorType, errorMessage: errorMessage.slice(0, 1000) });
    this.#sent.addTrailers({
      'Lambda-Runtime-Function-Error-Type': 'Unhandled',
      // Trailers share the bound of headers.
      'Lambda-Runtime-Function-Error-Body': Buffer.from(body.length > 4000 ? short : body).toString('base64'),
    });
    this.#sent.end();
    await this.#answered;
  }
}

async function runStreaming(handler, event, context) {
  const stream = new ResponseStream();
  const finished = new Promise((settle, fail) => stream.on('finish', settle).on('error', fail));
  finished.catch(() => undefined);
  try {
    await handler(event, stream, context);
    // A handler that forgets to end its stream would wait for its timeout.
    if (!stream.writableEnded) stream.end();
    await finished;
  } catch (error) {
    if (stream.isOpen) await stream.fail(error);
    else await reportError(error);
  }
}

/** A handler may return a value, a promise, or call back; an event loop that runs dry answers null. */
function run(handler, event, context) {
  return new Promise((settle, fail) => {
    const callback = (error, value) => {
      const end = () => (error === undefined || error === null ? settle(value) : fail(error));
      if (context.callbackWaitsForEmptyEventLoop) deferred.endOfLoop = end;
      else end();
    };
    deferred.endOfLoop = () => settle(null);
    context.done = callback;
    context.succeed = (value) => settle(value);
    context.fail = (error) => fail(error ?? new Error('handled'));
    const result = handler(event, context, callback);
    if (typeof result?.then === 'function') result.then(settle, fail);
    else if (handler.length < 3 && result !== undefined) settle(result);
  });
}

async function serve(handler) {
  const { headers, body } = await call('GET', '/invocation/next');
  requestId = headers['lambda-runtime-aws-request-id'];
  if (headers['lambda-runtime-trace-id'] !== undefined) env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  if (handler[streaming] !== undefined) {
    await runStreaming(handler, JSON.parse(body.toString('utf8')), contextOf(headers));
    return;
  }
  let answer;
  try {
    answer =
      JSON.stringify((await run(handler, JSON.parse(body.toString('utf8')), contextOf(headers))) ?? null) ?? 'null';
  } catch (error) {
    await reportError(error);
    return;
  } finally {
    deferred.endOfLoop = undefined;
  }
  endOutput();
  await post(`/invocation/${requestId}/response`, answer, { 'content-type': 'application/json' });
}

async function reportError(error) {
  const body = errorBody(error);
  sayFault('Invoke Error', error);
  endOutput();
  await post(`/invocation/${requestId}/error`, body, { 'lambda-runtime-function-error-type': 'Unhandled' });
}

async function die(type, error) {
  const shown = Object.assign(new RuntimeError(type, String(error?.message ?? error)), { stack: error?.stack });
  await (type === 'Runtime.UnhandledPromiseRejection' ? reportError(shown) : reportError(error)).catch(() => undefined);
  process.exit(129);
}

globalThis.awslambda = awslambda;
patchConsole();
offerModules();
process.on('beforeExit', () => {
  const end = deferred.endOfLoop;
  deferred.endOfLoop = undefined;
  end?.();
});
let handler;
try {
  handler = await loadHandler();
} catch (error) {
  sayFault('Uncaught Exception', error);
  endOutput();
  await post('/init/error', errorBody(error), { 'lambda-runtime-function-error-type': 'Unhandled' }).catch(
    () => undefined,
  );
  process.exit(1);
}
process.on('uncaughtException', (error) => void die('Uncaught', error));
process.on('unhandledRejection', (error) => void die('Runtime.UnhandledPromiseRejection', error));
for (;;) {
  try {
    await serve(handler);
  } catch {
    // The platform has gone.
    process.exit(0);
  }
}
