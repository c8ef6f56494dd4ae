import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDynamicReferences, replaceDynamicReferences } from './dynamic-references.ts';

test('references to the parameter store are found anywhere and replaced by their values', () => {
  const value = { a: ['x-{{resolve:ssm:/db/name:3}}'], b: '{{resolve:ssm-secure:/db/password}}' };
  assert.deepEqual(
    findDynamicReferences(value).map(({ service, name, version }) => [service, name, version]),
    [
      ['ssm', '/db/name', '3'],
      ['ssm-secure', '/db/password', undefined],
    ],
  );
  const values = new Map([
    ['{{resolve:ssm:/db/name:3}}', '$& shop'],
    ['{{resolve:ssm-secure:/db/password}}', 'secret'],
  ]);
  assert.deepEqual(replaceDynamicReferences(value, values), { a: ['x-$& shop'], b: 'secret' });
});

test('a service that cannot be looked up is refused by name', () => {
  assert.throws(() => findDynamicReferences('{{resolve:secretsmanager:x}}'), /'secretsmanager' is not supported/);
  assert.throws(() => findDynamicReferences('{{resolve:ssm:a b}}'), /Invalid dynamic reference/);
});
