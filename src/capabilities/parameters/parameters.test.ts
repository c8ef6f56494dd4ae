import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { FakeClock } from '#kernel/clock';
import { EventHub, type PlatformEvent } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { Parameters, type NewParameter } from './parameters.ts';
import { ParameterStore, parametersSchema } from './store.ts';

const scope = '000000000000/us-east-1';

function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-parameters-'));
  const state = State.open(join(folder, 'state.sqlite'), [parametersSchema]);
  t.after(() => {
    state.close();
    rmSync(folder, { recursive: true });
  });
  const events = new EventHub(silentLog);
  const parameters = new Parameters(new ParameterStore(state), new Vault(randomBytes(32)), new FakeClock(), events);
  const put = (name: string, value: string, more: Partial<NewParameter> = {}) =>
    parameters.putParameter(scope, { name, value, type: 'String', modifiedBy: 'arn:me', overwrite: false, ...more });
  const get = (name: string, decrypt = true) => parameters.getParameter(scope, name, { decrypt });
  return { folder, events, parameters, put, get };
}

test('a parameter is written once and then only overwritten on request', async (t) => {
  const { put, get } = open(t);
  await put('/app/url', 'one');
  await assert.rejects(put('/app/url', 'two'), { code: 'ParameterAlreadyExists' });
  const second = await put('/app/url', 'two', { overwrite: true, type: undefined });
  assert.equal(second.version, 2);
  assert.equal(get('/app/url').value, 'two');
  assert.deepEqual([get('/app/url:1').value, get('/app/url:1').selector], ['one', ':1']);
  assert.throws(() => get('/app/url:9'), { code: 'ParameterVersionNotFound' });
  assert.throws(() => get('/app/none'), { code: 'ParameterNotFound' });
});

test('a secret is sealed on disk and readable only on request', async (t) => {
  const { folder, put, get } = open(t);
  await put('password', 'correct horse battery', { type: 'SecureString' });
  assert.equal(get('password').value, 'correct horse battery');
  assert.notEqual(get('password', false).value, 'correct horse battery');
  assert.equal(get('password').parameter.keyId, 'alias/aws/ssm');
  for (const file of readdirSync(folder)) {
    assert.equal(readFileSync(join(folder, file)).includes('correct horse'), false, `${file} holds the secret`);
  }
});

test('labels move from version to version, and bad ones are told', async (t) => {
  const { parameters, put, get } = open(t);
  await put('p', '1');
  await put('p', '2', { overwrite: true });
  assert.deepEqual(await parameters.label(scope, 'p', 1, ['prod', '1bad', 'awsish']), {
    invalid: ['1bad', 'awsish'],
    version: 1,
  });
  assert.equal(get('p:prod').value, '1');
  await parameters.label(scope, 'p', undefined, ['prod']);
  assert.equal(get('p:prod').value, '2');
  assert.deepEqual(await parameters.unlabel(scope, 'p', 2, ['prod', 'none']), { removed: ['prod'], invalid: ['none'] });
  const many = Array.from({ length: 11 }, (_, index) => `l${index}`);
  await assert.rejects(parameters.label(scope, 'p', 2, many), { code: 'ParameterVersionLabelLimitExceeded' });
});

test('a hierarchy is read one level deep or whole, in pages', async (t) => {
  const { parameters, put } = open(t);
  for (const name of ['/a/x', '/a/y', '/a/b/z', '/ab/q']) await put(name, name);
  const read = (recursive: boolean, limit = 10, token?: string) =>
    parameters.getParametersByPath(scope, { path: '/a', recursive, filters: [], decrypt: false, limit, token });
  assert.deepEqual(
    read(false).items.map((item) => item.value),
    ['/a/x', '/a/y'],
  );
  const first = read(true, 2);
  const second = read(true, 2, first.nextToken);
  assert.deepEqual(
    [...first.items, ...second.items].map((item) => item.value),
    ['/a/b/z', '/a/x', '/a/y'],
  );
  assert.equal(second.nextToken, undefined);
});

test('parameters are found by name, type and tag', async (t) => {
  const { parameters, put } = open(t);
  await put('/a/x', '1', { tags: { team: 'lake' } });
  await put('/a/y', '1,2', { type: 'StringList' });
  const names = (key: string, values: string[], option?: string) =>
    parameters.listParameters(scope, { filters: [{ key, values, option }], limit: 50 }).items.map((item) => item.name);
  assert.deepEqual(names('Name', ['/a/'], 'BeginsWith'), ['/a/x', '/a/y']);
  assert.deepEqual(names('Type', ['StringList']), ['/a/y']);
  assert.deepEqual(names('tag:team', ['lake']), ['/a/x']);
  assert.deepEqual(names('Path', ['/'], 'Recursive'), ['/a/x', '/a/y']);
  assert.throws(() => names('Colour', ['red']), { code: 'InvalidFilterKey' });
  assert.throws(() => names('Name', ['a'], 'Sounds'), { code: 'InvalidFilterOption' });
});

test('names, sizes, patterns and types that AWS refuses are refused', async (t) => {
  const { put } = open(t);
  await assert.rejects(put('a/b', 'x'), { code: 'ValidationException', message: /fully qualified/ });
  await assert.rejects(put('/aws/x', 'x'), { code: 'ValidationException', message: /prefixed/ });
  await assert.rejects(put('with space', 'x'), { code: 'ValidationException' });
  await assert.rejects(put(`/${'a/'.repeat(15)}b`, 'x'), { code: 'HierarchyLevelLimitExceededException' });
  await assert.rejects(put('big', 'x'.repeat(4097)), { message: /Advanced tier/ });
  assert.equal((await put('big', 'x'.repeat(4097), { tier: 'Intelligent-Tiering' })).tier, 'Advanced');
  await assert.rejects(put('n', 'abc', { allowedPattern: '^\\d+$' }), { code: 'ParameterPatternMismatchException' });
  await assert.rejects(put('n', 'abc', { allowedPattern: '(' }), { code: 'InvalidAllowedPatternException' });
  await put('kind', 'x');
  await assert.rejects(put('kind', 'x', { type: 'SecureString', overwrite: true }), { code: 'HierarchyTypeMismatch' });
});

test('of more than 100 versions the oldest goes, unless a label keeps it', async (t) => {
  const { parameters, put } = open(t);
  await put('p', '1');
  for (let version = 2; version <= 101; version++) await put('p', String(version), { overwrite: true });
  const { items } = parameters.getHistory(scope, 'p', { decrypt: false, limit: 200 });
  assert.deepEqual([items.length, items[0]?.parameter.version], [100, 2]);
  await parameters.label(scope, 'p', 2, ['keep']);
  await assert.rejects(put('p', '102', { overwrite: true }), { code: 'ParameterMaxVersionLimitExceeded' });
});

test('changes are told as events without the value', async (t) => {
  const { events, parameters, put } = open(t);
  const seen: PlatformEvent[] = [];
  events.subscribe((event) => void seen.push(event));
  await put('p', 'secret', { type: 'SecureString' });
  assert.deepEqual(await parameters.deleteParameters(scope, ['p', 'q']), ['p']);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    seen.map((event) => event.detail['operation']),
    ['Create', 'Delete'],
  );
  assert.equal(JSON.stringify(seen).includes('secret'), false);
});

test('a change and the event that tells of it are one: what cannot be told does not come about', async (t) => {
  const { events, parameters, put, get } = open(t);
  await put('/app/url', 'one');
  const forget = events.addRecorder({
    wants: () => true,
    record() {
      throw new Error('nobody writes this down');
    },
  });
  const refused = (change: Promise<unknown>) => assert.rejects(change, { message: 'nobody writes this down' });
  await refused(put('/app/url', 'two', { overwrite: true }));
  await refused(put('/app/other', 'one'));
  await refused(parameters.label(scope, '/app/url', 1, ['prod']));
  await refused(parameters.deleteParameters(scope, ['/app/url']));
  forget();
  assert.equal(get('/app/url').value, 'one');
  assert.deepEqual(get('/app/url').parameter.labels, []);
  assert.throws(() => get('/app/other'), { code: 'ParameterNotFound' });
});
