import assert from 'node:assert/strict';
import { test } from 'node:test';
import { variableReferences } from './variable-references.ts';

const machine = (states: object, more: object = {}): string =>
  JSON.stringify({ StartAt: 'A', States: states, ...more });

test('each state is listed with the variables that its paths and templates read, sorted', () => {
  const definition = machine({
    A: { Type: 'Pass', Assign: { b: 1 }, Next: 'B' },
    B: { Type: 'Choice', Choices: [{ Variable: '$guess', StringEqualsPath: '$answer', Next: 'C' }], Default: 'C' },
    C: {
      Type: 'Pass',
      Parameters: { 'x.$': "States.Format('$no {}', $yes)", y: '$plain', 'z.$': '$.path' },
      End: true,
    },
  });
  assert.deepEqual(variableReferences(definition), { B: ['answer', 'guess'], C: ['yes'] });
});

test('states of branches and items stand under their own names', () => {
  const inner = { StartAt: 'In', States: { In: { Type: 'Pass', InputPath: '$inner.x', End: true } } };
  const definition = machine({
    A: { Type: 'Map', MaxConcurrencyPath: '$most', ItemProcessor: inner, Next: 'P' },
    P: { Type: 'Parallel', Branches: [inner], End: true },
  });
  assert.deepEqual(variableReferences(definition), { A: ['most'], In: ['inner'] });
});

test('JSONata expressions are read without their own bindings, their calls, their strings and $states', () => {
  const definition = machine(
    {
      A: {
        Type: 'Pass',
        Output: "{% ($own := $given; $map($own, function($v) { $v & '$text' & $states.input.$x }) ; $sum($list)) %}",
        End: true,
      },
    },
    { QueryLanguage: 'JSONata' },
  );
  assert.deepEqual(variableReferences(definition), { A: ['given', 'list', 'x'] });
});

test('a machine that reads no variable has no references', () => {
  assert.equal(variableReferences(machine({ A: { Type: 'Succeed', Comment: '$x' } })), undefined);
});

test('a definition that is made to be slow is read as fast as any other', () => {
  for (const bomb of ['/*', '"\\\\', 'function(', '$a', '$a  ', "'\\\\"]) {
    const started = performance.now();
    const Output = `{% ${bomb.repeat(100_000)} %}`;
    variableReferences(machine({ A: { Type: 'Pass', QueryLanguage: 'JSONata', Output, End: true } }));
    variableReferences(machine({ A: { Type: 'Pass', 'x.$': bomb.repeat(100_000), End: true } }));
    assert.ok(performance.now() - started < 2000, bomb);
  }
});
