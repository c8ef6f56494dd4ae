import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlatformError } from '#kernel/errors';
import { formatHiveType } from './hive-type.ts';
import { assertRowTag, inferXml, looksLikeXml } from './xml.ts';

function typesOf(text: string, rowTag?: string): string {
  return (inferXml(Buffer.from(text), rowTag)?.columns ?? [])
    .map((column) => `${column.name} ${formatHiveType(column.type)}`)
    .join(', ');
}

test('rows are the elements of the tag; children, attributes and repeats become columns', () => {
  const text = `<?xml version="1.0"?><!-- rows --><list>
    <row id="1"><name>x &amp; y</name><price>2.5</price><tag>a</tag><tag>b</tag><sub><k>1</k></sub></row>
    <row id="2"><name><![CDATA[<z>]]></name><price>3</price><sub><k>x</k></sub><empty/></row></list>`;
  assert.equal(
    typesOf(text, 'row'),
    '_id bigint, name string, price double, tag array<string>, sub struct<k:string>, empty string',
  );
  assert.equal(typesOf(text), typesOf(text, 'row'));
  assert.equal(inferXml(Buffer.from(text), 'row')?.rowCount, 2);
  assert.equal(inferXml(Buffer.from(text), 'nope'), undefined);
});

test('a row that is cut off does not count', () => {
  assert.equal(inferXml(Buffer.from('<l><row><a>1</a></row><row><a>x'), 'row')?.rowCount, 1);
});

test('entities never expand, and depth has a limit', () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><l><row><v>&b;</v></row></l>`;
  assert.equal(typesOf(bomb, 'row'), 'v string');
  assert.throws(
    () => inferXml(Buffer.from(`<row>${'<a>'.repeat(300)}</row>`), 'row'),
    (error) => isPlatformError(error, 'EXCEEDED_SIZE_LIMIT'),
  );
});

test('hostile text takes no more than linear time', () => {
  const startMs = performance.now();
  for (const piece of ['<a ', '<a b="', '<!--', '<![CDATA[', '<!DOCTYPE [', '</a ', "<a '"])
    inferXml(Buffer.from(`<row>${piece.repeat(20_000)}`), 'row');
  assert.ok(performance.now() - startMs < 3000, `${performance.now() - startMs} ms`);
});

test('row tags and beginnings are checked', () => {
  assert.throws(() => assertRowTag('a b'), /no name of an element/);
  assert.equal(looksLikeXml(Buffer.from('\uFEFF<?xml version="1.0"?>')), true);
  assert.equal(looksLikeXml(Buffer.from('<34>1 2003-10-11 log')), false);
  assert.equal(looksLikeXml(Buffer.from('a,b')), false);
});
