import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeContext, parseContext } from './context.ts';

function refusal(context: object | string): string {
  try {
    parseContext(typeof context === 'string' ? context : JSON.stringify(context));
  } catch (error) {
    return (error as Error).message.replace('Invalid Context object provided: ', '');
  }
  return 'accepted';
}

test('a context may hold the members that executions have, with their types', () => {
  assert.equal(
    refusal({ Execution: { Id: 'x', Input: [1] }, State: { RetryCount: 1 }, Task: { Token: 't' } }),
    'accepted',
  );
  assert.equal(refusal({ Execution: { Id: 1 } }), 'Execution.Id must be a string');
  assert.equal(refusal({ Execution: { pokemon: 1 } }), "Field 'pokemon' is not allowed");
  assert.equal(refusal({ Pokedex: {} }), "Field 'Pokedex' is not allowed");
  assert.equal(refusal({ Map: {} }), "'Map' field is not supported when mocking a Context object");
  assert.notEqual(refusal('{'), 'accepted');
  assert.notEqual(refusal('[]'), 'accepted');
});

test('without one a state has the context of an execution of its own', () => {
  const subject = { scope: '000000000000/us-east-1', input: { a: 1 }, nowMs: 0 };
  const { Execution, State } = makeContext({ ...subject, retryCount: 2 }) as Record<string, Record<string, unknown>>;
  assert.match(String(Execution?.['Id']), /^arn:aws:states:us-east-1:000000000000:express:[^:]+:[^:]+$/);
  assert.deepEqual([Execution?.['Input'], Execution?.['RoleArn']], [{ a: 1 }, null]);
  assert.deepEqual(State, { Name: 'StateName', EnteredTime: '1970-01-01T00:00:00.000Z', RetryCount: 2 });
});
