import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missingPython } from '#testing';
import { startFunctions } from '../functions.fixture.ts';

const node = `
export const handler = async (event) => {
  console.debug('quiet');
  console.log('hello %s', 'you', { a: 1 });
  console.info({ order: 7, why: new TypeError('inside') });
  console.error('failed', new RangeError('beside'));
  process.stdout.write('raw\\n');
  if (event.do === 'throw') throw new TypeError('no good');
  if (event.do === 'exit') process.exit(1);
};`;

const python = `
import logging
log = logging.getLogger()
def handler(event, context):
    log.debug('quiet')
    log.info('hello %s', 'you', extra={'order': 7})
    try:
        {}['x']
    except KeyError:
        log.exception('failed')
    print('raw')
    raise ValueError('no good')
`;

// oxlint-disable-next-line typescript/no-explicit-any -- whatever the log says
function readLines(log: string): any[] {
  return log
    .trimEnd()
    .split('\n')
    .map((line) => (line.startsWith('{') ? (JSON.parse(line) as unknown) : line));
}

suite('a function with a log of JSON', async () => {
  const { create, call, lambda } = await startFunctions();
  const LoggingConfig = { LogFormat: 'JSON' as const };

  test('of node says each line as an object with its level and request', async () => {
    await create('js', { 'index.mjs': node }, { LoggingConfig });
    const { log } = await call('js');
    const [start, hello, order, failed, raw, report, ...more] = readLines(log);
    const { requestId } = start.record as { requestId: string };
    assert.deepEqual([start.type, start.record.version, more.length], ['platform.start', '$LATEST', 0]);
    assert.deepEqual([hello.level, hello.message, hello.requestId], ['INFO', 'hello you { a: 1 }', requestId]);
    assert.match(hello.timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual([order.message.order, order.message.why.errorType], [7, 'TypeError']);
    assert.match(order.message.why.stackTrace[0], /^TypeError: inside/);
    assert.deepEqual(
      [failed.level, failed.errorType, failed.errorMessage, raw],
      ['ERROR', 'RangeError', 'beside', 'raw'],
    );
    assert.deepEqual([report.type, report.record.status], ['platform.report', 'success']);
    const { durationMs, billedDurationMs, memorySizeMB, initDurationMs } = report.record.metrics;
    assert.ok(billedDurationMs >= durationMs && memorySizeMB === 256 && initDurationMs > 0);
  });

  test('of node tells of its failures as objects too', async () => {
    const thrown = readLines((await call('js', { do: 'throw' })).log);
    assert.deepEqual(thrown.at(-2).message.errorMessage, 'no good');
    assert.deepEqual([thrown.at(-1).record.status, thrown.at(-1).record.errorType], ['error', 'Function.Unhandled']);
    const gone = readLines((await call('js', { do: 'exit' })).log);
    assert.equal(gone.at(-1).record.errorType, 'Runtime.ExitError');
  });

  test('of python likewise, with what the code adds to a record', { skip: missingPython() }, async () => {
    await create('py', { 'index.py': python }, { LoggingConfig: { ...LoggingConfig, ApplicationLogLevel: 'DEBUG' } });
    const [, quiet, hello, failed, raw, fault] = readLines((await call('py')).log);
    assert.deepEqual([quiet.level, quiet.message], ['DEBUG', 'quiet']);
    assert.deepEqual([hello.message, hello.order, hello.logger], ['hello you', 7, 'root']);
    assert.deepEqual([failed.level, failed.errorType, raw], ['ERROR', 'KeyError', 'raw']);
    assert.deepEqual([fault.level, fault.errorType, fault.errorMessage], ['ERROR', 'ValueError', 'no good']);
  });

  test('leaves out what is below its levels, and goes back to text', async () => {
    const FunctionName = 'js';
    const levels = { ApplicationLogLevel: 'ERROR' as const, SystemLogLevel: 'WARN' as const };
    const shown = await lambda.updateFunctionConfiguration({ FunctionName, LoggingConfig: levels });
    assert.deepEqual(shown.LoggingConfig, { LogFormat: 'JSON', ...levels, LogGroup: '/aws/lambda/js' });
    const lines = readLines((await call('js')).log);
    assert.deepEqual(
      lines.map((line) => line.level ?? line),
      ['ERROR', 'raw'],
    );
    const text = await lambda.updateFunctionConfiguration({ FunctionName, LoggingConfig: { LogFormat: 'Text' } });
    assert.deepEqual(text.LoggingConfig, { LogFormat: 'Text', LogGroup: '/aws/lambda/js' });
    assert.match((await call('js')).log, /^START RequestId: .*\n.*\tDEBUG\tquiet\n/);
    await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName, LoggingConfig: levels }), {
      name: 'InvalidParameterValueException',
      message: /need the LogFormat JSON/,
    });
  });
});
