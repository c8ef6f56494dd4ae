import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prelude } from './prelude.ts';

const inner = 'CREATE OR REPLACE MACRO mp_inner(x) AS x + 1';
const outer = 'CREATE TEMP MACRO mp_outer(x) AS 2 * mp_inner(x)';
const other = 'CREATE MACRO mp_other(x) AS x';
const prelude = new Prelude(["SET TimeZone = 'UTC'", inner, outer, other]);

test('settings are told from macros', () => {
  assert.deepEqual(prelude.settings, ["SET TimeZone = 'UTC'"]);
});

test('work gets the macros that it names and those that they use, in the order in which they can be made', () => {
  assert.deepEqual(prelude.macrosFor(['SELECT 1']), []);
  assert.deepEqual(prelude.macrosFor(['SELECT MP_Outer(1)']), [inner, outer]);
  assert.deepEqual(prelude.macrosFor(['SELECT "mp_other"(1)', 'SELECT mp_inner(2)']), [inner, other]);
});
