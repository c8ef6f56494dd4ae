import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { isPlatformError } from './errors.ts';
import { State, type Schema } from './state.ts';

const notes: Schema = {
  part: 'notes',
  steps: ['CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE NOT NULL) STRICT'],
};

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'millpond-state-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function open(t: TestContext, schemas: readonly Schema[] = [notes], file = join(folder(t), 'state.sqlite')): State {
  const state = State.open(file, schemas);
  t.after(() => state.close());
  return state;
}

const insert = (text: string) => (db: State['reader']) => db.prepare('INSERT INTO note (text) VALUES (?)').run(text);

test('SQLite is free of the WAL-reset fault (3.51.3 or newer) and writes with synchronous=FULL', (t) => {
  const state = open(t);
  const { version } = state.reader.prepare<{ version: string }>('SELECT sqlite_version() AS version').get() ?? {
    version: '',
  };
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  assert.ok(major * 1e6 + minor * 1e3 + patch >= 3_051_003, version);
});

test('a write is visible to readers once its promise resolves, and not before', async (t) => {
  const state = open(t);
  const count = () => state.reader.prepare<{ n: number }>('SELECT count(*) AS n FROM note').get()?.n;
  const written = state.write(insert('one'));
  assert.equal(count(), 0);
  await written;
  assert.equal(count(), 1);
});

test('a write waits for company only behind a batch that had some', async (t) => {
  const state = open(t);
  const count = () => state.reader.prepare<{ n: number }>('SELECT count(*) AS n FROM note').get()?.n;
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  void state.write(insert('alone'));
  await turn();
  assert.equal(count(), 1);
  await Promise.all([state.write(insert('two')), state.write(insert('at once'))]);
  void state.write(insert('behind them'));
  await turn();
  assert.equal(count(), 3);
});

test('a change that throws undoes its own writes and leaves its neighbours in the same batch', async (t) => {
  const state = open(t);
  const results = await Promise.allSettled([
    state.write(insert('kept')),
    state.write((db) => {
      insert('undone')(db);
      throw new Error('on purpose');
    }),
    state.write(insert('kept')),
    state.write(insert('also kept')),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(
    state.reader
      .prepare<{ text: string }>('SELECT text FROM note ORDER BY id')
      .all()
      .map((row) => row.text),
    ['kept', 'also kept'],
  );
});

test('many concurrent writes share few commits and all arrive', async (t) => {
  const state = open(t);
  await Promise.all(Array.from({ length: 1000 }, (_, index) => state.write(insert(`note ${index}`))));
  assert.equal(state.reader.prepare<{ n: number }>('SELECT count(*) AS n FROM note').get()?.n, 1000);
});

test('an older file is migrated after a copy was kept', async (t) => {
  const path = folder(t);
  const file = join(path, 'state.sqlite');
  const old = State.open(file, [notes]);
  await old.write(insert('from before'));
  old.close();
  const next: Schema = { part: 'notes', steps: [...notes.steps, 'ALTER TABLE note ADD COLUMN author TEXT'] };
  const state = open(t, [next], file);
  assert.deepEqual(
    { ...state.reader.prepare('SELECT text, author FROM note').get() },
    { text: 'from before', author: null },
  );
  const copy = readdirSync(path).find((name) => name.includes('.before-'));
  assert.ok(copy !== undefined);
  const kept = new DatabaseSync(join(path, copy), { readOnly: true });
  assert.equal(kept.prepare('SELECT count(*) AS n FROM note').get()?.['n'], 1);
  kept.close();
});

test('a file of a newer version is refused with a word that names it', (t) => {
  const file = join(folder(t), 'state.sqlite');
  State.open(file, [{ part: 'notes', steps: [...notes.steps, 'CREATE TABLE later (id INTEGER) STRICT'] }]).close();
  assert.throws(
    () => State.open(file, [notes]),
    (error) => isPlatformError(error, 'StateTooNew') && error.message.includes("'notes' is at version 2"),
  );
  assert.throws(
    () => State.open(file, []),
    (error) => isPlatformError(error, 'StateTooNew'),
  );
});

test('a damaged file is refused, not repaired silently', (t) => {
  const file = join(folder(t), 'state.sqlite');
  writeFileSync(file, 'this is no database, only text that is longer than the header of one'.repeat(100));
  assert.throws(() => State.open(file, [notes]));
});

test('a failed migration leaves the file as it was', (t) => {
  const file = join(folder(t), 'state.sqlite');
  State.open(file, [notes]).close();
  assert.throws(() =>
    State.open(file, [{ part: 'notes', steps: [...notes.steps, 'CREATE TABLE extra (id INTEGER) STRICT', 'not sql'] }]),
  );
  const state = open(t, [notes], file);
  assert.equal(state.reader.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'extra'").get()?.['n'], 0);
});

test('a backup taken under load opens as a state of its own', async (t) => {
  const path = folder(t);
  const state = open(t, [notes], join(path, 'state.sqlite'));
  const writes = Promise.all([state.write(insert('a')), state.write(insert('b'))]);
  state.backup(join(path, 'copy.sqlite'));
  await writes;
  const copy = open(t, [notes], join(path, 'copy.sqlite'));
  assert.deepEqual(copy.checkIntegrity(), []);
  assert.equal(copy.reader.prepare('SELECT count(*) AS n FROM note').get()?.['n'], 2);
});
