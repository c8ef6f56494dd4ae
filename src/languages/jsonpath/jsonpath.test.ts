import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReferencePath, parsePath, PathSyntaxError, PathTooCostly, readPath } from './index.ts';

const document = {
  store: {
    book: [
      { title: 'A', price: 8.95, tags: ['x'] },
      { title: 'B', price: 12.99 },
      { title: 'C', price: 8.99, isbn: '0-553' },
    ],
    'odd name': { 'a.b': 1, "it's": 2 },
  },
  nothing: null,
  empty: [],
};

const found: readonly (readonly [string, unknown])[] = [
  ['$', document],
  ['$.store.book[0].title', 'A'],
  ["$['store']['odd name']['a.b']", 1],
  [String.raw`$.store['odd name']['it\'s']`, 2],
  ['$.store["odd name"]["a.b"]', 1],
  ['$.store.book[-1].title', 'C'],
  ['$.store.book[*].title', ['A', 'B', 'C']],
  ['$.store.book[0,2].title', ['A', 'C']],
  ['$.store.book[1:].title', ['B', 'C']],
  ['$.store.book[:-1].title', ['A', 'B']],
  ['$..title', ['A', 'B', 'C']],
  ['$.store.book[?(@.price < 9)].title', ['A', 'C']],
  ["$.store.book[?(@.title == 'B' || @.isbn)].title", ['B', 'C']],
  ['$.store.book[?(!(@.isbn) && @.price > 9)].title', ['B']],
  ["$.store.book[?(@.title in ['A', 'B'])].price", [8.95, 12.99]],
  ['$.store.book[?(@.isbn =~ /0-.*/)].title', ['C']],
  ['$.store.book[?(@.price >= $.store.book[1].price)].title', ['B']],
  ['$.store.book[?(@.title == 8.95)]', []],
  ["$.store.book[1]['title','price']", { title: 'B', price: 12.99 }],
  ['$.store.book.length()', 3],
  ['$..price.max()', 12.99],
  ['$.nothing', null],
  ['$.empty[*].x', []],
  ['$.absent[*]', []],
  ['$.nothing..x', []],
];

test('a path finds what Jayway finds', () => {
  for (const [path, expected] of found)
    assert.deepEqual(readPath(parsePath(path), document), { value: expected }, path);
});

const missing: readonly (readonly [string, string])[] = [
  ['$.absent', "No results for path: $['absent']"],
  ['$.absent.more', "Missing property in path $['absent']"],
  ['$.store.book[9]', "No results for path: $['store']['book'][9]"],
  ['$.nothing[0]', "The path $['nothing'] is null"],
];

test('a definite path that leads nowhere says why', () => {
  for (const [path, reason] of missing)
    assert.deepEqual(readPath(parsePath(path), document), { missing: reason }, path);
});

test('members of the prototype are not there', () => {
  assert.ok('missing' in readPath(parsePath('$.constructor'), {}));
  assert.ok('missing' in readPath(parsePath('$.__proto__'), {}));
  assert.deepEqual(readPath(parsePath('$.__proto__.x'), JSON.parse('{"__proto__":{"x":1}}')), { value: 1 });
});

test('text that is no path is refused', () => {
  const bad = [
    '',
    'a',
    '$.',
    '$[',
    '$[]',
    "$['a",
    '$.a[?(@.x >)]',
    '$.a b',
    '$.f()',
    '$.a[1:2:3:4]',
    '$.a[?(@.x =~ /(/)]',
    '$..',
  ];
  for (const text of [...bad, `$${'.a'.repeat(300)}`, `$[?(${'('.repeat(100)}`]) {
    assert.throws(() => parsePath(text), PathSyntaxError, text);
  }
});

test('a path that would visit millions of values stops', () => {
  const wide = Array.from({ length: 2_000 }, () => Array.from({ length: 100 }, () => 1));
  assert.throws(() => readPath(parsePath('$..*..*..*'), { a: wide, b: wide, c: wide }), PathTooCostly);
});

test('only names and positions make a reference path', () => {
  for (const text of ['$', '$.a.b', "$['a'][0]"]) assert.ok(isReferencePath(parsePath(text)), text);
  for (const text of ['$.*', '$..a', '$[0,1]', '$[0:1]', '$[?(@.a)]', '$.length()']) {
    assert.ok(!isReferencePath(parsePath(text)), text);
  }
});
