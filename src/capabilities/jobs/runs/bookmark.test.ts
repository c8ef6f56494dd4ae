import { test } from 'node:test';
import assert from 'node:assert/strict';
import { BookmarkReader, emptyBookmark } from './bookmark.ts';

const object = (key: string, etag = 'e') => ({ bucket: 'b', key, etag });

test('an object is new until a run has processed it, and again when it changes', () => {
  const first = new BookmarkReader(emptyBookmark);
  assert.equal(first.isNew('db.t', object('a')), true);
  const second = new BookmarkReader(first.after());
  assert.equal(second.isNew('db.t', object('a')), false);
  assert.equal(second.isNew('db.t', object('a', 'changed')), true);
  assert.equal(second.isNew('db.t', object('b')), true);
  assert.equal(second.isNew('db.other', object('a')), true);
  assert.equal(second.newObjects, 3);
});

test('what earlier runs have processed stays in the bookmark', () => {
  const first = new BookmarkReader(emptyBookmark);
  first.isNew('db.t', object('a'));
  const second = new BookmarkReader(first.after());
  second.isNew('db.t', object('b'));
  assert.deepEqual(second.after(), { tables: { 'db.t': { 's3://b/a': 'e', 's3://b/b': 'e' } } });
});

test('keys that are names of object members are ordinary keys', () => {
  const reader = new BookmarkReader({ tables: { 'db.t': {} } });
  assert.equal(reader.isNew('db.t', object('constructor')), true);
  assert.equal(reader.isNew('constructor', object('a')), true);
});
