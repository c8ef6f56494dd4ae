/** The properties of CTAS and UNLOAD: what is written, how, and where. */
import type { PropertyValue } from '#languages/sql/index';
import type { FileFormat } from '../engines/engine.ts';
import { queryError } from '../errors.ts';
import { parquetCompression } from '../tables/storage-format.ts';

export interface TableOptions {
  readonly format: FileFormat;
  readonly formatName: string;
  readonly compressionName: string;
  readonly location: string | undefined;
  readonly partitionedBy: readonly string[];
}

type Properties = Readonly<Record<string, PropertyValue>>;

const knownProperties = new Set([
  'format',
  'external_location',
  'partitioned_by',
  'write_compression',
  'parquet_compression',
  'compression',
  'field_delimiter',
  'is_external',
  'table_type',
]);

/** @throws NOT_SUPPORTED or INVALID_TABLE_PROPERTY naming the property */
export function tableOptionsOf(properties: Properties): TableOptions {
  for (const name of Object.keys(properties)) {
    if (!knownProperties.has(name)) throw queryError('NOT_SUPPORTED', `Table property '${name}' is not supported`);
  }
  const text = (name: string): string | undefined =>
    properties[name] === undefined ? undefined : String(properties[name]);
  if ((text('table_type') ?? 'HIVE').toUpperCase() !== 'HIVE')
    throw queryError('NOT_SUPPORTED', `table_type '${text('table_type')}' is not supported; leave it out`);
  const formatName = (text('format') ?? 'PARQUET').toUpperCase();
  const compressionName = (
    text('write_compression') ??
    text('parquet_compression') ??
    text('compression') ??
    defaultCompression(formatName)
  ).toUpperCase();
  const partitionedBy = properties['partitioned_by'] ?? [];
  return {
    format: fileFormatOf(formatName, compressionName, text('field_delimiter')),
    formatName,
    compressionName,
    location: text('external_location'),
    partitionedBy: (Array.isArray(partitionedBy) ? partitionedBy : [partitionedBy]).map((name) =>
      String(name).toLowerCase(),
    ),
  };
}

// Differs from AWS: files are SNAPPY (Parquet) or plain (text, JSON) where AWS writes GZIP; reading them is faster.
function defaultCompression(format: string): string {
  return format === 'PARQUET' ? 'SNAPPY' : 'NONE';
}

function fileFormatOf(format: string, compression: string, delimiter: string | undefined): FileFormat {
  if (format === 'PARQUET') {
    const codec = parquetCompression(compression);
    if (codec === undefined)
      throw queryError(
        'INVALID_TABLE_PROPERTY',
        `Parquet has no compression '${compression}'; use SNAPPY, ZSTD, GZIP, LZ4 or NONE`,
      );
    return { kind: 'parquet', compression: codec };
  }
  if (format !== 'TEXTFILE' && format !== 'JSON') {
    throw queryError('NOT_SUPPORTED', `Writing the format '${format}' is not supported; use PARQUET, TEXTFILE or JSON`);
  }
  if (compression !== 'GZIP' && compression !== 'NONE') {
    throw queryError(
      'NOT_SUPPORTED',
      `Writing ${format} with compression '${compression}' is not supported; use GZIP or NONE`,
    );
  }
  const codec = compression === 'GZIP' ? 'gzip' : 'none';
  return format === 'JSON'
    ? { kind: 'json', compression: codec }
    : { kind: 'text', delimiter: delimiter ?? '\u0001', nullText: '\\N', compression: codec };
}
