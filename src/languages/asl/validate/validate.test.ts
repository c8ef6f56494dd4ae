import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf, errorsOf, line, type Json } from '../asl.fixture.ts';
import { checkMachine, checkState } from '../compile.ts';

type States = Record<string, Json>;

const pass = { Type: 'Pass', End: true };
const role = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true };
const inner = { StartAt: 'In', States: { In: pass } };
const distributed = { ...inner, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };

/** Each machine with exactly the errors that it has. */
const refusals: readonly (readonly [string, States, readonly string[]])[] = [
  [
    'a loop without end',
    { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } },
    ['MISSING_END_STATE: Workflow has no terminal state at undefined'],
  ],
  [
    'a loop beside an end out of reach',
    { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' }, C: pass },
    ['MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C'],
  ],
  [
    'a target that is not there',
    { A: { Type: 'Pass', Next: 'NOPE' } },
    [
      "MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at /States/A/Next",
      'MISSING_END_STATE: Workflow has no terminal state at undefined',
    ],
  ],
  [
    'targets of choices and catchers that are not there',
    {
      A: { Type: 'Choice', Choices: [{ Variable: '$.x', IsNull: true, Next: 'X' }], Default: 'B' },
      B: { ...role, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Y' }] },
    },
    [
      "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Choices[0]/Next",
      "MISSING_TRANSITION_TARGET: Missing 'Next' target: Y at /States/B/Catch[0]/Next",
    ],
  ],
  [
    'a field of another type of state',
    { A: { ...pass, Catch: [] } },
    ["SCHEMA_VALIDATION_FAILED: Field 'Catch' is not supported at /States/A"],
  ],
  [
    'a timeout on a Map',
    { A: { Type: 'Map', End: true, TimeoutSeconds: 1, ItemProcessor: inner } },
    ["SCHEMA_VALIDATION_FAILED: Field 'TimeoutSeconds' is not supported at /States/A"],
  ],
  [
    'a JSONata field in a JSONPath state',
    { A: { ...pass, Output: 1 } },
    [
      "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/A",
    ],
  ],
  [
    'a JSONPath field in a JSONata state',
    { A: { ...pass, QueryLanguage: 'JSONata', InputPath: '$' } },
    [
      "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage at /States/A",
    ],
  ],
  [
    'a query language on an item processor',
    { A: { Type: 'Map', End: true, ItemProcessor: { ...inner, QueryLanguage: 'JSONata' } } },
    ["SCHEMA_VALIDATION_FAILED: Field 'QueryLanguage' is not supported at /States/A/ItemProcessor"],
  ],
  [
    'a name that comes twice',
    { A: { Type: 'Map', End: true, ItemProcessor: { StartAt: 'A', States: { A: pass } } } },
    ['DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A/ItemProcessor/States/A'],
  ],
  [
    'a state without type',
    { A: { End: true } },
    ['SCHEMA_VALIDATION_FAILED: These fields are required: [Type] at /States/A'],
  ],
  [
    'a task without resource',
    { A: { Type: 'Task', End: true } },
    ['SCHEMA_VALIDATION_FAILED: These fields are required: [Resource] at /States/A'],
  ],
  [
    'a resource that is no ARN',
    { A: { ...role, Resource: 'create' } },
    ['SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN at /States/A/Resource'],
  ],
  [
    'a resource that AWS does not have',
    { A: { ...role, Resource: 'arn:aws:states:::lambda:invoke.sync' } },
    [
      'SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::lambda:invoke.sync is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/A/Resource',
    ],
  ],
  [
    'a template member that is no path',
    { A: { ...pass, Parameters: { deep: [{ 'x.$': 'text' }] } } },
    [
      "SCHEMA_VALIDATION_FAILED: The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters",
    ],
  ],
  [
    'a timestamp without T',
    { A: { Type: 'Wait', End: true, Timestamp: '2016-12-05 21:29:29Z' } },
    ['SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/A/Timestamp'],
  ],
];

test('what AWS refuses is refused with its code, words and place', async () => {
  for (const [name, states, expected] of refusals)
    assert.deepEqual(await errorsOf(definitionOf(states)), expected, name);
});

test('fields that do not go together, or hold what they may not, are refused', async () => {
  const wait = { Type: 'Wait', End: true };
  const bad: States[] = [
    { A: { Type: 'Pass' } },
    { A: { Type: 'Pass', End: true, Next: 'B' }, B: pass },
    { A: { Type: 'Nope', End: true } },
    { A: wait },
    { A: { ...wait, Seconds: 1, SecondsPath: '$.x' } },
    { A: { ...wait, Seconds: -1 } },
    { A: { ...wait, Seconds: 100_000_000 } },
    { A: { ...wait, Seconds: 1.5 } },
    { A: { ...wait, SecondsPath: 'x' } },
    { A: { ...pass, ResultPath: '$.a[*]' } },
    { A: { ...pass, ResultPath: '$$.a' } },
    { A: { ...pass, InputPath: '' } },
    { A: { ...pass, Assign: { 'not a name': 1 } } },
    { A: { ...pass, Assign: { states: 1 } } },
    { A: { ...role, TimeoutSeconds: 0 } },
    { A: { ...role, TimeoutSeconds: 5, HeartbeatSeconds: 5 } },
    { A: { ...role, TimeoutSeconds: 5, TimeoutSecondsPath: '$.x' } },
    { A: { ...role, Retry: [{ ErrorEquals: [] }] } },
    { A: { ...role, Retry: [{ ErrorEquals: ['States.ALL', 'E'] }] } },
    { A: { ...role, Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] } },
    { A: { ...role, Retry: [{ ErrorEquals: ['E'], BackoffRate: 0.5 }] } },
    { A: { ...role, Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 0 }] } },
    { A: { ...role, Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 5, MaxDelaySeconds: 5 }] } },
    { A: { ...role, Retry: [{ ErrorEquals: ['E'], MaxAttempts: -1 }] } },
    { A: { ...role, Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'HALF' }] } },
    { A: { ...role, Catch: [{ ErrorEquals: ['E'] }] } },
    { A: { ...role, Catch: 'x' } },
    { A: { Type: 'Fail', Error: 'E', ErrorPath: '$.e' } },
    { A: { Type: 'Fail', Cause: 5 } },
    { A: { Type: 'Succeed', End: true } },
    { A: { Type: 'Choice', Choices: [] }, B: pass },
    { A: { Type: 'Parallel', Branches: [], End: true } },
    { A: { Type: 'Parallel', Branches: [{ StartAt: 'X', States: { In: pass } }], End: true } },
    { A: { Type: 'Map', End: true } },
    { A: { Type: 'Map', End: true, ItemProcessor: inner, Iterator: inner } },
    { A: { Type: 'Map', End: true, ItemProcessor: inner, MaxConcurrency: -1 } },
    { A: { Type: 'Map', End: true, ItemProcessor: distributed, Label: 'a b' } },
    { A: { Type: 'Map', End: true, ItemProcessor: distributed, Label: 'x'.repeat(41) } },
    { A: { Type: 'Map', End: true, ItemProcessor: distributed, ToleratedFailurePercentage: 101 } },
    {
      A: {
        Type: 'Map',
        End: true,
        ItemProcessor: distributed,
        ItemReader: { Resource: 'arn:aws:states:::s3:unknown' },
      },
    },
    { A: { Type: 'Map', End: true, ItemProcessor: { ...inner, ProcessorConfig: { Mode: 'FAST' } } } },
    { A: { Type: 'Map', End: true, ItemProcessor: inner, ItemReader: { Resource: 'arn:aws:states:::s3:getObject' } } },
    { ['x'.repeat(81)]: pass },
    { A: 'state' },
    {},
  ];
  for (const states of bad) assert.notDeepEqual(await errorsOf(definitionOf(states)), [], JSON.stringify(states));
});

test('an Express machine has no callbacks, jobs, activities or distributed Map', async () => {
  const task = (Resource: string): Promise<string[]> => errorsOf(definitionOf({ A: { ...role, Resource } }), 'EXPRESS');
  assert.deepEqual(await task('arn:aws:states:::states:startExecution.sync'), [
    "SCHEMA_VALIDATION_FAILED: Express state machine does not support '.sync' service integration at /States/A/Resource",
  ]);
  assert.deepEqual(await task('arn:aws:states:us-east-1:000000000000:activity:a'), [
    'SCHEMA_VALIDATION_FAILED: Express state machine does not support Activity ARN at /States/A/Resource',
  ]);
  assert.equal((await task('arn:aws:states:::sqs:sendMessage.waitForTaskToken')).length, 1);
  assert.deepEqual(await task('arn:aws:states:::sqs:sendMessage'), []);
  assert.equal(
    (await errorsOf(definitionOf({ A: { Type: 'Map', End: true, ItemProcessor: distributed } }), 'EXPRESS')).length,
    1,
  );
});

test('text that is no machine is refused', async () => {
  const place = '[Source: (String)"{"a" 1}"; line: 1, column: 7]';
  const message = "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value";
  const cases: readonly (readonly [string, string])[] = [
    ['{"a" 1}', `INVALID_JSON_DESCRIPTION: ${message}\n at ${place} at ${place}`],
    ['[]', 'SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at undefined'],
    ['{}', 'SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt, States] at /'],
    ['['.repeat(100_000), 'TOO_DEEPLY_NESTED: Document nesting depth exceeds the maximum allowed (500) at undefined'],
  ];
  for (const [text, expected] of cases) assert.deepEqual(await errorsOf(text), [expected], text.slice(0, 20));
  for (const text of [
    '',
    'not a definition',
    '{"a":1,}',
    '"',
    '{"a":"\u0001"}',
    '01',
    `{"a":"${'x'.repeat(1_100_000)}"}`,
  ]) {
    assert.equal((await errorsOf(text)).length, 1, text.slice(0, 20));
  }
  const twice = `{"StartAt":"A","States":{"A":${JSON.stringify(pass)},"A":${JSON.stringify(pass)}}}`;
  assert.deepEqual(await errorsOf(twice), ['DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A']);
});

test('flows that nest without end are refused in time', async () => {
  let flow: Json = inner;
  for (let level = 0; level < 40; level++)
    flow = { StartAt: `P${level}`, States: { [`P${level}`]: { Type: 'Parallel', End: true, Branches: [flow] } } };
  const errors = await errorsOf(JSON.stringify(flow));
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? '', /^TOO_DEEPLY_NESTED/);
});

test('what looks like a mistake is warned of', async () => {
  const { diagnostics } = await checkMachine(
    definitionOf({
      A: { Type: 'Pass', Next: 'B', Result: { 'x.$': '$.y' } },
      B: { Type: 'Pass', Next: 'C', Parameters: { x: '$.y' } },
      C: { Type: 'Fail', Error: '$.e' },
    }),
    { type: 'STANDARD' },
  );
  assert.deepEqual(
    diagnostics.map(({ severity, code, location }) => [severity, code, location]),
    [
      ['WARNING', 'PASS_RESULT_IS_STATIC', '/States/A/Result'],
      ['WARNING', 'NO_DOLLAR', '/States/B/Parameters/x'],
      ['WARNING', 'NO_PATH', '/States/C/Error'],
    ],
  );
});

test('a state by itself may go anywhere, and is held to the rules of its type', async () => {
  const ok = await checkState(JSON.stringify({ Type: 'Pass', Next: 'Elsewhere' }), { type: 'STANDARD' });
  assert.equal(ok.state?.type, 'Pass');
  const bad = await checkState(JSON.stringify({ Type: 'Pass', Foo: 1, End: true }), { type: 'STANDARD' });
  assert.deepEqual(bad.diagnostics.map(line), ["SCHEMA_VALIDATION_FAILED: Field 'Foo' is not supported at /"]);
  assert.equal(bad.state, undefined);
});

test('a definition with anything in any place is answered, never thrown at', async () => {
  const junk: readonly Json[] = [
    null,
    -1,
    1.5,
    '',
    '$',
    '$[?(@.b',
    'x',
    [],
    {},
    [null],
    [{}],
    '{% 1 + %}',
    { 'x.$': 1 },
    true,
  ];
  const original: States = {
    A: {
      ...role,
      Parameters: { 'x.$': '$.a' },
      Retry: [{ ErrorEquals: ['E'] }],
      Catch: [{ ErrorEquals: ['E'], Next: 'B' }],
      Next: 'B',
      End: false,
    },
    B: { Type: 'Choice', Choices: [{ And: [{ Variable: '$.a', NumericEquals: 1 }], Next: 'C' }], Default: 'C' },
    C: {
      Type: 'Map',
      ItemProcessor: distributed,
      ItemReader: { Resource: 'arn:aws:states:::s3:getObject', ReaderConfig: {} },
      Next: 'D',
    },
    D: {
      Type: 'Parallel',
      Branches: [inner],
      QueryLanguage: 'JSONata',
      Output: ['{% $states.result %}'],
      Assign: { a: '{% 1 %}' },
      End: true,
    },
  };
  const variants = variantsOf(original, junk);
  assert.ok(variants.length > 500);
  for (const states of variants) await checkMachine(definitionOf(states as States), { type: 'EXPRESS' });
});

/** The value with each of its parts replaced by each piece of junk, one at a time. */
function variantsOf(value: Json, junk: readonly Json[]): Json[] {
  if (typeof value !== 'object' || value === null) return [...junk];
  const variants = (part: Json): Json[] => [...junk, ...variantsOf(part, junk)];
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    return items.flatMap((item, index) => variants(item).map((other): Json => items.with(index, other)));
  }
  const members = value as States;
  return Object.entries(members).flatMap(([name, part]) =>
    variants(part).map((other): Json => ({ ...members, [name]: other })),
  );
}
