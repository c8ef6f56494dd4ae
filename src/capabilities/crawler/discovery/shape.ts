/**
 * What a set of files has in common: format, columns and counts. Two shapes merge when their formats can be read by one
 * definition and their columns are the same for the most part.
 */
import type { Classification } from '#formats/classify/index';
import type { Codec } from '#formats/compression/index';
import type { Column } from '#formats/hive-type';
import { widen, widenColumns } from '#formats/widening';

export interface Format {
  readonly classification: string;
  readonly compression: Codec;
  readonly parameters: Readonly<Record<string, string>>;
  readonly inputFormat: string;
  readonly outputFormat: string;
  readonly serializationLibrary: string;
  readonly serdeParameters: Readonly<Record<string, string>>;
}

export interface Shape {
  readonly format: Format;
  readonly columns: readonly Column[];
  readonly objectCount: number;
  readonly sizeBytes: number;
  /** An estimate from what was read, where the format does not tell. */
  readonly rowCount: number;
  /** Why the first of the files was read as it was. */
  readonly reason: string;
}

/** Whether the files that merge are read as one run of rows, or each share by its own definition. */
export type Union = 'one-definition' | 'by-partition';

// Glue merges folders whose schemas are similar for the most part; its documents speak of 70 percent.
const similarEnough = 0.7;

export function shapeOf(found: Classification, codec: Codec, file: { sizeBytes: number; rowCount: number }): Shape {
  return {
    format: {
      classification: found.classification,
      compression: isContainer(found.classification) ? 'none' : codec,
      parameters: found.parameters,
      inputFormat: found.storage.inputFormat,
      outputFormat: found.storage.outputFormat,
      serializationLibrary: found.storage.serializationLibrary,
      serdeParameters: found.storage.serdeParameters,
    },
    columns: found.columns,
    objectCount: 1,
    sizeBytes: file.sizeBytes,
    rowCount: file.rowCount,
    reason: found.reason,
  };
}

/** Formats that compress inside, so that a codec around them means nothing. */
function isContainer(classification: string): boolean {
  return ['parquet', 'orc', 'avro'].includes(classification);
}

/** Whether columns are found by their place in the line and not by their name. */
export function isPositional(format: Format): boolean {
  return !isContainer(format.classification) && !/json|xml/i.test(format.serializationLibrary);
}

/**
 * Whether two shapes can be one table.
 * @param options.anyColumns takes the formats alone as the measure (CombineCompatibleSchemas)
 */
export function canMerge(a: Shape, b: Shape, union: Union, options: { anyColumns?: boolean } = {}): boolean {
  if (mergeFormats(a.format, b.format) === undefined) return false;
  if (isPositional(a.format) && union === 'one-definition' && !isPrefix(a.columns, b.columns)) return false;
  return options.anyColumns === true || similarity(a.columns, b.columns) >= similarEnough;
}

/** For shapes that `canMerge`. */
export function mergeShapes(a: Shape, b: Shape): Shape {
  return {
    format: mergeFormats(a.format, b.format) ?? a.format,
    columns:
      a.columns.length >= b.columns.length ? widenColumns(a.columns, b.columns) : widenColumns(b.columns, a.columns),
    objectCount: a.objectCount + b.objectCount,
    sizeBytes: a.sizeBytes + b.sizeBytes,
    rowCount: a.rowCount + b.rowCount,
    reason: a.reason,
  };
}

/** One definition that reads the files of both; undefined when there is none. */
export function mergeFormats(a: Format, b: Format): Format | undefined {
  if (a.classification !== b.classification || a.compression !== b.compression) return undefined;
  const header = 'skip.header.line.count';
  if (a.parameters[header] !== b.parameters[header]) return undefined;
  if (a.serializationLibrary === b.serializationLibrary) {
    return sameSettings(a, b) ? a : undefined;
  }
  // Lines without quotes are read by the reader of quoted ones as well, provided that the delimiter is the same.
  const quoted = [a, b].find((format) => /OpenCSVSerde/i.test(format.serializationLibrary));
  const plain = [a, b].find((format) => /LazySimpleSerDe/i.test(format.serializationLibrary));
  return quoted && plain && delimiterOf(quoted) === delimiterOf(plain) ? quoted : undefined;
}

function sameSettings(a: Format, b: Format): boolean {
  // A file's own schema and its paths differ with its columns, which are compared by themselves.
  const own = ['avro.schema.literal', 'paths'];
  const keys = new Set([...Object.keys(a.serdeParameters), ...Object.keys(b.serdeParameters)]);
  return [...keys].every((key) => own.includes(key) || a.serdeParameters[key] === b.serdeParameters[key]);
}

function delimiterOf(format: Format): string {
  const { serdeParameters: serde, parameters } = format;
  return serde['separatorChar'] ?? serde['field.delim'] ?? parameters['delimiter'] ?? ',';
}

/**
 * How much two column lists have in common, 0 to 1: twice the columns that both have, by all that there are. A column of
 * the same name whose types have no common type but string counts half.
 */
export function similarity(a: readonly Column[], b: readonly Column[]): number {
  if (a.length + b.length === 0) return 1;
  const types = new Map(a.map((column) => [column.name.toLowerCase(), column.type]));
  let common = 0;
  for (const column of b) {
    const type = types.get(column.name.toLowerCase());
    if (type === undefined) continue;
    const both = widen(type, column.type);
    common += both.kind === 'string' && (type.kind === 'string') !== (column.type.kind === 'string') ? 0.5 : 1;
  }
  return (2 * common) / (a.length + b.length);
}

/** Whether the shorter list is the start of the longer one, by names. */
function isPrefix(a: readonly Column[], b: readonly Column[]): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return short.every((column, index) => column.name.toLowerCase() === long[index]?.name.toLowerCase());
}
