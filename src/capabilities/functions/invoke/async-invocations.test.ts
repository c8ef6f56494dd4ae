import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { Dispatcher } from '#gateway';
import { FakeClock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { outboxSchema } from '#kernel/outbox';
import { State } from '#kernel/state';
import { until, useTempFolder } from '#testing';
import type { FunctionVersion } from '../function.ts';
import { throttled } from '../errors.ts';
import { functionsSchema } from '../store/schema.ts';
import { upsertFunction } from '../store/functions.ts';
import { upsertPart } from '../store/parts.ts';
import { AsyncInvocations } from './async-invocations.ts';
import type { AsyncSettings } from './async-settings.ts';
import type { InvocationResult } from './invocation.ts';

const scope = '000000000000/us-east-1';
const ref = { scope, name: 'f', qualifier: undefined };
const row = { scope, name: 'f', lastVersion: 0, reserved: undefined, tags: {} };
const queue = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;

interface Sent {
  readonly operation: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever an operation takes
  readonly input: any;
}

/** Asynchronous invocations over a function that answers from a list, its calls of other services written down. */
async function open(answers: (InvocationResult | Error)[], settings?: Partial<AsyncSettings>) {
  const state = State.open(join(useTempFolder(), 'state.sqlite'), [outboxSchema, functionsSchema]);
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const tries: string[] = [];
  const dispatcher: Dispatcher = {
    serves: () => true,
    call: (_service, operation, input) => {
      if (operation !== 'GetQueueUrl') sent.push({ operation, input });
      return Promise.resolve({ QueueUrl: 'http://queue' });
    },
  };
  const version = { scope, name: 'f', version: '$LATEST', role: 'arn:aws:iam::000000000000:role/r' } as FunctionVersion;
  const invocations = new AsyncInvocations({
    state,
    clock,
    log: silentLog,
    concurrency: 4,
    dispatcher,
    functions: { get: () => ({ ...version, deadLetterArn: queue('dead') }), find: () => row },
    invocations: {
      invoke({ requestId }) {
        tries.push(requestId);
        const answer = answers.shift() ?? ok;
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
  });
  await state.write((db) => {
    upsertFunction(db, row);
    if (settings !== undefined) upsertPart(db, 'async', scope, 'f', '$LATEST', { ...settings, modifiedMs: 0 });
  });
  invocations.start();
  after(async () => {
    await invocations.stop();
    state.close();
  });
  const waiting = (): number =>
    state.reader.prepare<{ n: number }>('SELECT count(*) AS n FROM outbox WHERE due_ms > ?').get(clock.nowMs())?.n ?? 0;
  return { invocations, clock, sent, tries, waiting };
}

const ok: InvocationResult = { payload: Buffer.from('"done"'), executedVersion: '$LATEST', traceHeader: 'Root=1-0-0' };
const failed: InvocationResult = {
  payload: Buffer.from('{"errorMessage":"broken"}'),
  functionError: 'Unhandled',
  executedVersion: '$LATEST',
  traceHeader: 'Root=1-0-0',
};
const event = { ref, requestId: 'r-1', payload: Buffer.from('{"a":1}') };

suite('an asynchronous invocation', () => {
  test('is tried again after one minute and after two, and then goes to its destination and its dead letter queue', async () => {
    const { invocations, clock, sent, tries, waiting } = await open([failed, failed, failed], {
      onFailure: queue('failures'),
    });
    await invocations.accept(event);
    for (const [count, pauseMs] of [
      [1, 60_000],
      [2, 120_000],
    ] as const) {
      await until(() => tries.length === count && waiting() === 1);
      clock.advance(pauseMs - 1);
      assert.equal(tries.length, count);
      clock.advance(1);
    }
    await until(() => sent.length === 2);
    assert.deepEqual(tries, ['r-1', 'r-1', 'r-1']);
    const [record, letter] = sent.map(
      ({ input }) => input as { MessageBody: string; MessageAttributes: Record<string, { StringValue: string }> },
    );
    const told = JSON.parse(record?.MessageBody ?? '') as Record<string, Record<string, unknown>>;
    assert.deepEqual(told['requestContext'], {
      requestId: 'r-1',
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST',
      condition: 'RetriesExhausted',
      approximateInvokeCount: 3,
    });
    assert.deepEqual(told['requestPayload'], { a: 1 });
    assert.deepEqual(told['responsePayload'], { errorMessage: 'broken' });
    assert.equal(letter?.MessageBody, '{"a":1}');
    assert.equal(letter?.MessageAttributes['ErrorMessage']?.StringValue, 'broken');
    assert.equal(letter?.MessageAttributes['RequestID']?.StringValue, 'r-1');
  });

  test('that succeeds tells its destination', async () => {
    const { invocations, sent } = await open([ok], {
      onSuccess: 'arn:aws:events:us-east-1:000000000000:event-bus/default',
    });
    await invocations.accept(event);
    await until(() => sent.length === 1);
    const { Entries } = sent[0]!.input as { Entries: { DetailType: string; Detail: string }[] };
    assert.equal(Entries[0]?.DetailType, 'Lambda Function Invocation Result - Success');
    assert.match(Entries[0]?.Detail ?? '', /"condition":"Success".*"responsePayload":"done"/);
  });

  test('that is throttled waits longer and longer without losing a retry', async () => {
    const refusal = throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
    const { invocations, clock, sent, tries, waiting } = await open([refusal, refusal, failed, ok], { retries: 1 });
    await invocations.accept(event);
    for (const [count, pauseMs] of [
      [1, 1000],
      [2, 2000],
      [3, 60_000],
    ] as const) {
      await until(() => tries.length === count && waiting() === 1);
      clock.advance(pauseMs);
    }
    await until(() => tries.length === 4);
    assert.deepEqual(sent, []);
  });

  test('that is too old is given up untried', async () => {
    const { invocations, clock, sent, tries, waiting } = await open([failed, ok], {
      maxAgeSeconds: 59,
      onFailure: queue('old'),
    });
    await invocations.accept(event);
    await until(() => tries.length === 1 && waiting() === 1);
    clock.advance(61_000);
    await until(() => sent.length === 2);
    assert.equal(tries.length, 1);
    assert.match((sent[0]!.input as { MessageBody: string }).MessageBody, /EventAgeExceeded/);
  });
});
