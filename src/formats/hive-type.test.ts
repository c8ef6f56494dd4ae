import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlatformError, messageOf } from '#kernel/errors';
import { formatHiveType, parseHiveType } from './hive-type.ts';
import { widen, widenColumns } from './widening.ts';

test('types come back as they were written, in lower case and without blanks', () => {
  const cases: [string, string][] = [
    ['bigint', 'bigint'],
    [' INTEGER ', 'int'],
    ['double precision', 'double'],
    ['Decimal( 10 , 2 )', 'decimal(10,2)'],
    ['decimal', 'decimal(10,0)'],
    ['decimal(5)', 'decimal(5,0)'],
    ['varchar(20)', 'varchar(20)'],
    ['map<string,array<int>>', 'map<string,array<int>>'],
    ['uniontype<int,string>', 'uniontype<int,string>'],
    ["STRUCT<a:INT, eventName : string COMMENT 'x'>", 'struct<a:int,eventName:string>'],
    ['struct<hg.nginx.org:struct<1xx:int>,$oid:string>', 'struct<hg.nginx.org:struct<1xx:int>,$oid:string>'],
    ['struct<`a:b`:int,`c``d`:int,`plain`:int>', 'struct<`a:b`:int,`c``d`:int,plain:int>'],
    ['struct<>', 'struct<>'],
    ['void', 'string'],
  ];
  for (const [text, expected] of cases) assert.equal(formatHiveType(parseHiveType(text)), expected, text);
});

test('a type that is wrong names the position', () => {
  const cases: [string, RegExp][] = [
    ['strng', /'strng' is no Hive type at position 1/],
    ['array<strng>', /'strng' is no Hive type at position 7/],
    ['array<int', /'>' is missing at position 10/],
    ['array<int,int>', /one type/],
    ['map<int>', /2 types/],
    ['int int', /'int' is left over at position 5/],
    ['struct<a int>', /':' is missing/],
    ['struct<:int>', /field name is missing at position 8/],
    ['decimal(39,2)', /1 to 38 digits/],
    ['decimal(3,4)', /no more digits/],
    ['varchar(0)', /1 to 65535/],
    ['', /a type is missing at position 1/],
    [`${'array<'.repeat(200)}int`, /deeper than 100/],
    ['x'.repeat(200_000), /longer than/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseHiveType(text),
      (error) => isPlatformError(error, 'InvalidInputException') && message.test(messageOf(error)),
      text.slice(0, 40),
    );
  }
});

test('types widen to the narrowest type that holds both', () => {
  const cases: [string, string, string][] = [
    ['int', 'bigint', 'bigint'],
    ['bigint', 'double', 'double'],
    ['double', 'string', 'string'],
    ['void', 'bigint', 'bigint'],
    ['float', 'float', 'float'],
    ['float', 'int', 'double'],
    ['int', 'decimal(10,2)', 'decimal(12,2)'],
    ['decimal(10,2)', 'decimal(8,4)', 'decimal(12,4)'],
    ['decimal(38,0)', 'decimal(38,10)', 'double'],
    ['decimal(38,10)', 'double', 'double'],
    ['date', 'timestamp', 'string'],
    ['date', 'date', 'date'],
    ['boolean', 'int', 'string'],
    ['char(3)', 'varchar(7)', 'varchar(7)'],
    ['array<int>', 'array<double>', 'array<double>'],
    ['array<void>', 'array<int>', 'array<int>'],
    ['map<string,int>', 'map<string,string>', 'map<string,string>'],
    ['struct<a:int,B:void>', 'struct<b:int,c:string>', 'struct<a:int,B:int,c:string>'],
    ['struct<a:int>', 'array<int>', 'string'],
    ['struct<a:int>', 'bigint', 'string'],
  ];
  for (const [a, b, expected] of cases) {
    assert.equal(formatHiveType(widen(parseHiveType(a), parseHiveType(b))), expected, `${a} + ${b}`);
    if (!a.startsWith('struct')) assert.equal(formatHiveType(widen(parseHiveType(b), parseHiveType(a))), expected);
  }
});

test('column lists merge by name and keep the first order', () => {
  const merged = widenColumns(
    [
      { name: 'id', type: { kind: 'bigint' } },
      { name: 'surcharge', type: { kind: 'unknown' } },
    ],
    [
      { name: 'SURCHARGE', type: { kind: 'double' } },
      { name: 'extra', type: { kind: 'string' } },
    ],
  );
  assert.deepEqual(
    merged.map((column) => `${column.name} ${formatHiveType(column.type)}`),
    ['id bigint', 'surcharge double', 'extra string'],
  );
});
