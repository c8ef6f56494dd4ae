import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkName, parseStatesArn } from './name.ts';

test('a name may hold letters, digits, dots, dashes and letters of other scripts', () => {
  for (const name of ['a', 'a.b-c_d', 'Übung', '業務', 'x'.repeat(80)]) assert.equal(checkName(name), name);
});

test('every character that AWS keeps for itself is refused with the name', () => {
  for (const character of ' <>{}[]?*"#%\\^|~`$&,;:/\u0000\u007F\u0085') {
    assert.throws(() => checkName(`a${character}b`), {
      code: 'InvalidName',
      message: `Invalid Name: 'a${character}b'`,
    });
  }
  assert.throws(() => checkName('x'.repeat(81)), { code: 'InvalidName' });
});

test('an ARN is taken apart, and one of another kind or form is refused', () => {
  const arn = 'arn:aws:states:us-east-1:000000000000:stateMachine:m:1';
  assert.deepEqual(parseStatesArn(arn, 'stateMachine'), {
    scope: '000000000000/us-east-1',
    kind: 'stateMachine',
    parts: ['m', '1'],
  });
  for (const bad of ['', 'x', 'arn:aws', 'arn:aws:s3:::b', arn.replace('stateMachine', 'activity'), `${arn}:`]) {
    assert.throws(() => parseStatesArn(bad, 'stateMachine'), { code: 'InvalidArn' }, bad);
  }
});
