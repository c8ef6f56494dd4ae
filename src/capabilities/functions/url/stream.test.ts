import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startFunctions } from '../functions.fixture.ts';

const source = `
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const handler = awslambda.streamifyResponse(async (event, responseStream, context) => {
  const path = event.rawPath ?? event.path;
  if (path === '/early') throw new TypeError('no good');
  if (path === '/big') {
    const piece = Buffer.alloc(2 ** 20, 97);
    for (let count = 0; count < 12; count++) if (!responseStream.write(piece)) await new Promise((resolve) => responseStream.once('drain', resolve));
    return responseStream.end();
  }
  if (path === '/head') {
    const stream = awslambda.HttpResponseStream.from(responseStream, { statusCode: 202, headers: { 'Content-Type': 'text/html', 'X-Name': context.functionName }, cookies: ['a=1', 'b=2'] });
    stream.write('<p>');
    stream.end('</p>');
    return;
  }
  responseStream.setContentType('text/event-stream');
  responseStream.write('data: one\\n\\n');
  if (path === '/late') throw new RangeError('too late');
  if (path === '/exit') { await pause(50); process.exit(1); }
  await pause(path === '/slow' ? 60_000 : 500);
  responseStream.write('data: two\\n\\n');
  responseStream.end();
});`;

suite('a streaming address of a function', async () => {
  const { create, call, lambda } = await startFunctions();
  await create('flow', { 'index.mjs': source }, { Timeout: 2 });
  const { FunctionUrl = '', InvokeMode } = await lambda.createFunctionUrlConfig({
    FunctionName: 'flow',
    AuthType: 'NONE',
    InvokeMode: 'RESPONSE_STREAM',
  });

  test('sends the pieces while the function still works', async () => {
    assert.equal(InvokeMode, 'RESPONSE_STREAM');
    const answer = await fetch(`${FunctionUrl}events`);
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'text/event-stream']);
    const pieces: { text: string; ms: number }[] = [];
    for await (const piece of answer.body ?? []) {
      pieces.push({ text: Buffer.from(piece).toString('utf8'), ms: performance.now() });
    }
    assert.deepEqual(
      pieces.map(({ text }) => text),
      ['data: one\n\n', 'data: two\n\n'],
    );
    assert.ok((pieces[1]?.ms ?? 0) - (pieces[0]?.ms ?? 0) > 50);
  });

  test('takes status, headers and cookies from the head of the stream', async () => {
    const answer = await fetch(`${FunctionUrl}head`);
    assert.deepEqual(
      [answer.status, answer.headers.get('content-type'), answer.headers.get('x-name'), answer.headers.getSetCookie()],
      [202, 'text/html', 'flow', ['a=1', 'b=2']],
    );
    assert.equal(await answer.text(), '<p></p>');
  });

  test('carries more than an answer in one piece may have', async () => {
    const answer = await fetch(`${FunctionUrl}big`);
    assert.equal((await answer.arrayBuffer()).byteLength, 12 * 2 ** 20);
  });

  test('a function that fails before its first piece is a bad gateway, behind it the answer is cut off', async () => {
    assert.equal((await fetch(`${FunctionUrl}early`)).status, 502);
    for (const path of ['late', 'exit', 'slow']) {
      const answer = await fetch(FunctionUrl + path);
      assert.equal(answer.status, 200);
      let text = '';
      const reading = async (): Promise<void> => {
        for await (const piece of answer.body ?? []) text += Buffer.from(piece).toString('utf8');
      };
      await assert.rejects(reading(), path);
      assert.equal(text, 'data: one\n\n', path);
    }
    // The sandbox of the one that failed by itself is used again.
    assert.equal((await fetch(`${FunctionUrl}head`)).status, 202);
  });

  test('a client that leaves does not keep the function from its end', async () => {
    const answer = await fetch(`${FunctionUrl}big`);
    await answer.body?.cancel();
    assert.equal((await fetch(`${FunctionUrl}head`)).status, 202);
  });

  test('a plain invocation gets the whole answer in one piece, and the error of a stream', async () => {
    const { Payload } = await lambda.invoke({ FunctionName: 'flow', Payload: '{"path":"/events"}' });
    assert.equal(Buffer.from(Payload ?? []).toString('utf8'), 'data: one\n\ndata: two\n\n');
    const late = await call('flow', { path: '/late' });
    assert.deepEqual(
      [late.error, late.value.errorType, late.value.errorMessage],
      ['Unhandled', 'RangeError', 'too late'],
    );
    assert.match(late.log, /Invoke Error/);
  });

  test('an invocation with a response stream gets the pieces, the log and the error as events', async () => {
    const read = async (FunctionName: string, event: object) => {
      const answer = await lambda.invokeWithResponseStream({
        FunctionName,
        Payload: Buffer.from(JSON.stringify(event)),
        LogType: 'Tail',
      });
      const pieces: string[] = [];
      let end;
      for await (const { PayloadChunk, InvokeComplete } of answer.EventStream ?? []) {
        if (PayloadChunk?.Payload !== undefined) pieces.push(Buffer.from(PayloadChunk.Payload).toString('utf8'));
        end = InvokeComplete;
      }
      return { pieces, end, version: answer.ExecutedVersion };
    };
    const whole = await read('flow', { path: '/events' });
    assert.deepEqual([whole.pieces, whole.version], [['data: one\n\n', 'data: two\n\n'], '$LATEST']);
    assert.deepEqual(whole.end?.ErrorCode, undefined);
    assert.match(Buffer.from(whole.end?.LogResult ?? '', 'base64').toString('utf8'), /REPORT RequestId/);
    const late = await read('flow', { path: '/late' });
    assert.deepEqual([late.pieces, late.end?.ErrorCode], [['data: one\n\n'], 'Unhandled']);
    assert.match(late.end?.ErrorDetails ?? '', /"errorMessage":"too late"/);
    assert.equal((await read('flow', { path: '/slow' })).end?.ErrorCode, 'Unhandled');
    assert.equal((await read('flow', { path: '/big' })).pieces.join('').length, 12 * 2 ** 20);
    await create('simple', { 'index.mjs': 'export const handler = async (event) => event;' });
    assert.deepEqual((await read('simple', { a: 1 })).pieces, ['{"a":1}']);
  });

  test('an ordinary handler answers there too, and the mode can be changed', async () => {
    await create('plain', { 'index.mjs': "export const handler = async () => ({ statusCode: 201, body: 'x' });" });
    const FunctionName = 'plain';
    const made = await lambda.createFunctionUrlConfig({
      FunctionName,
      AuthType: 'NONE',
      InvokeMode: 'RESPONSE_STREAM',
    });
    const answer = await fetch(made.FunctionUrl ?? '');
    assert.deepEqual([answer.status, await answer.text()], [201, 'x']);
    const changed = await lambda.updateFunctionUrlConfig({ FunctionName, InvokeMode: 'BUFFERED' });
    assert.equal(changed.InvokeMode, 'BUFFERED');
    assert.equal((await fetch(made.FunctionUrl ?? '')).status, 201);
  });
});
