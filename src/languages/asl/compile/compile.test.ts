import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf, machineOf, scopeOf, stateOf, type Json } from '../asl.fixture.ts';
import { compileMachine } from '../compile.ts';
import type { Expression, StateBase } from '../machine.ts';
import { parseResource } from '../resource.ts';
import { matchesError, retryDelaySeconds } from '../retry.ts';
import { parseTimestamp } from '../timestamp.ts';

test('templates take paths, context, variables and intrinsic functions at any depth', async () => {
  const { parameters } = await stateOf('Pass', {
    Parameters: {
      'a.$': '$.x',
      deep: [{ 'b.$': '$$.State.Name', 'c.$': '$v[0]', d: '$.x' }],
      'past.$': '$.list[9]',
      '__proto__.$': '$.x',
    },
  });
  const value = parameters?.evaluate({ x: 1, list: [] }, scopeOf({ v: [5] }));
  assert.equal(JSON.stringify(value), '{"a":1,"deep":[{"b":"A","c":5,"d":"$.x"}],"past":null,"__proto__":1}');
  assert.equal((await stateOf('Pass', { Parameters: { a: [1] } })).parameters?.isConstant, true);
});

test('a path that leads nowhere fails in the words of AWS for its field', async () => {
  const cases: readonly (readonly [Expression | undefined | null, string])[] = [
    [(await stateOf('Pass', { InputPath: '$.no' })).inputPath, "Invalid path '$.no' : No results for path: $['no']"],
    [
      (await stateOf('Pass', { Parameters: { 'a.$': '$.no' } })).parameters,
      `The JSONPath '$.no' specified for the field 'a.$' could not be found in the input '{"x":1}'`,
    ],
    [
      (await stateOf('Fail', { ErrorPath: '$.no' })).error,
      `The JSONPath '$.no' specified for the field 'ErrorPath' could not be found in the input '{"x":1}'`,
    ],
    [
      (await stateOf('Wait', { SecondsPath: '$.no' })).until.value,
      'The SecondsPath parameter does not reference an input value: $.no',
    ],
  ];
  for (const [expression, causeText] of cases) {
    assert.throws(() => expression?.evaluate({ x: 1 }, scopeOf()), { error: 'States.Runtime', causeText });
  }
});

test('a result is put at its path, and what is on the way is made or refused', async () => {
  const insert = async (ResultPath: string, target: Json): Promise<Json | undefined> =>
    (await stateOf('Pass', { ResultPath })).resultPath?.insert(target, 9);
  assert.equal(await insert('$', { a: 1 }), 9);
  assert.deepEqual(await insert('$.b.c', { a: 1 }), { a: 1, b: { c: 9 } });
  assert.deepEqual(await insert('$.a[1]', { a: [1, 2] }), { a: [1, 9] });
  for (const [path, target] of [
    ['$.a.b', { a: 1 }],
    ['$.a[2]', { a: [1, 2] }],
    ['$.a', [1]],
  ] as const) {
    await assert.rejects(() => insert(path, target), { error: 'States.ResultPathMatchFailure' }, path);
  }
});

test('the language of a state is its own or that of the machine, whatever the state around it has', async () => {
  const flow = { StartAt: 'In', States: { In: { Type: 'Pass', End: true } } };
  const { flow: outer } = await machineOf({
    M: { Type: 'Map', QueryLanguage: 'JSONata', ItemProcessor: flow, End: true },
  });
  const map = outer.states.get('M');
  assert.equal(map?.queryLanguage, 'JSONata');
  assert.equal(
    (map as unknown as { processor: { states: Map<string, StateBase> } }).processor.states.get('In')?.queryLanguage,
    'JSONPath',
  );
});

test('the settings of a distributed Map are read', async () => {
  const map = await stateOf('Map', {
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'CSV', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['a'], MaxItems: 5 },
      Parameters: { 'Bucket.$': '$.b' },
    },
    ItemBatcher: { MaxItemsPerBatchPath: '$.n', BatchInput: { 'x.$': '$.b' } },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
      StartAt: 'In',
      States: { In: { Type: 'Pass', End: true } },
    },
    ResultWriter: {
      Resource: 'arn:aws:states:::s3:putObject',
      Parameters: { Bucket: 'b' },
      WriterConfig: { OutputType: 'JSONL' },
    },
    MaxConcurrency: 3,
    ToleratedFailurePercentagePath: '$.p',
    Label: 'items',
  });
  assert.deepEqual([map.mode, map.executionType, map.isLegacy, map.label], ['DISTRIBUTED', 'EXPRESS', false, 'items']);
  assert.deepEqual(
    [map.itemReader?.inputType, map.itemReader?.csvHeaders, map.itemReader?.maxItems?.source],
    ['CSV', ['a'], 5],
  );
  assert.deepEqual(map.itemBatcher?.maxItems?.evaluate({ n: 4 }, scopeOf()), 4);
  assert.deepEqual([map.resultWriter?.outputType, map.maxConcurrency?.source], ['JSONL', 3]);
  assert.equal(map.toleratedFailurePercentage?.field, 'ToleratedFailurePercentagePath');
});

test('resources have their forms', () => {
  const kinds: readonly (readonly [string, unknown])[] = [
    ['arn:aws:lambda:us-east-1:000000000000:function:f:live', 'lambda-function'],
    ['arn:aws:states:us-east-1:000000000000:activity:a', 'activity'],
    ['arn:aws:states:::aws-sdk:sfn:startExecution', 'sfn startExecution true request-response'],
    ['arn:aws:states:::states:startExecution.sync:2', 'states startExecution false sync:2'],
    ['arn:aws:states:::sqs:sendMessage.waitForTaskToken', 'sqs sendMessage false waitForTaskToken'],
    ['arn:aws:s3:::bucket', undefined],
    ['create', undefined],
  ];
  for (const [arn, expected] of kinds) {
    const found = parseResource(arn);
    const shown =
      found?.kind === 'integration'
        ? `${found.service} ${found.action} ${found.isAwsSdk} ${found.pattern}`
        : found?.kind;
    assert.equal(shown, expected, arn);
  }
});

test('error names match as the language says', () => {
  const cases: readonly (readonly [string, string | undefined, boolean])[] = [
    ['States.ALL', 'Any', true],
    ['States.ALL', undefined, true],
    ['States.ALL', 'States.Runtime', false],
    ['States.Runtime', 'States.Runtime', false],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.TaskFailed', 'Lambda.Unknown', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.Timeout', 'States.HeartbeatTimeout', true],
    ['Own', 'Own', true],
    ['Own', 'Other', false],
  ];
  for (const [name, error, expected] of cases) assert.equal(matchesError([name], error), expected, `${name} ${error}`);
});

test('a retry waits longer each time, up to its cap, and jitter shortens it', async () => {
  const { retry } = await stateOf('Task', {
    Resource: 'arn:aws:states:::lambda:invoke',
    Retry: [
      { ErrorEquals: ['E'], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 10 },
      { ErrorEquals: ['F'], JitterStrategy: 'FULL' },
    ],
  });
  const [first, second] = retry;
  assert.ok(first && second);
  assert.deepEqual(
    [0, 1, 2].map((attempt) => retryDelaySeconds(first, attempt, 0.5)),
    [2, 6, 10],
  );
  assert.deepEqual([second.maxAttempts, retryDelaySeconds(second, 1, 0.25)], [3, 0.5]);
});

test('timestamps are RFC 3339 with T and a zone', () => {
  assert.equal(parseTimestamp('2016-03-14T01:59:00Z'), Date.UTC(2016, 2, 14, 1, 59));
  assert.equal(parseTimestamp('2016-03-14T01:59:00.123456-05:30'), Date.UTC(2016, 2, 14, 7, 29, 0, 123) + 0.456);
  for (const text of [
    '2016-03-14',
    '2016-03-14t01:59:00Z',
    '2016-02-30T01:59:00Z',
    '2016-03-14T24:00:00Z',
    '2016-03-14T01:59:00',
    '',
  ]) {
    assert.equal(parseTimestamp(text), undefined, text);
  }
});

test('a usual machine compiles in less than 5 ms', () => {
  const states: Record<string, Json> = {};
  for (let index = 0; index < 20; index++) {
    states[`S${index}`] = {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'f', 'Payload.$': '$', deep: { 'x.$': "States.Format('{}', $.a.b[0])" } },
      Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 2 }],
      ...(index < 19 ? { Next: `S${index + 1}` } : { End: true }),
    };
  }
  const text = definitionOf(states);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20; round++) {
    const started = performance.now();
    assert.ok(compileMachine(text, { type: 'STANDARD' }).machine);
    best = Math.min(best, performance.now() - started);
  }
  assert.ok(best < 5, `${best} ms`);
});
