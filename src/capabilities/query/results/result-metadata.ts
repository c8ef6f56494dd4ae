/**
 * The `.metadata` file beside a result, which JDBC drivers read instead of calling GetQueryResults: a protobuf message
 * whose repeated field 4 is a column (1 catalog, 2 schema, 3 table, 4 name, 5 label, 6 type, 7 precision, 8 scale,
 * 9 nullable: 3 unknown, 10 case-sensitive).
 */
import type { ResultColumn } from '../execution.ts';

const varint = 0;
const bytes = 2;
const nullableUnknown = 3;

export function encodeResultMetadata(columns: readonly ResultColumn[]): Buffer {
  return Buffer.concat(columns.map((column) => field(4, encodeColumn(column))));
}

function encodeColumn(column: ResultColumn): Buffer {
  return Buffer.concat([
    field(1, Buffer.from('hive')),
    field(4, Buffer.from(column.name)),
    field(5, Buffer.from(column.name)),
    field(6, Buffer.from(column.type)),
    numberField(7, column.precision),
    numberField(8, column.scale),
    numberField(9, nullableUnknown),
    numberField(10, column.caseSensitive ? 1 : 0),
  ]);
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | bytes]), encodeVarint(content.length), content]);
}

function numberField(number: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | varint]), encodeVarint(value)]);
}

function encodeVarint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    out.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.push(rest);
  return Buffer.from(out);
}
