/** Hive's storage formats: the classes behind `STORED AS`, and which of them a query can write. */
import type { FileFormat } from '../engines/engine.ts';

export interface StorageClasses {
  readonly inputFormat: string;
  readonly outputFormat: string;
  readonly serializationLibrary: string;
}

const ql = 'org.apache.hadoop.hive.ql.io';
const serde2 = 'org.apache.hadoop.hive.serde2';
const textInput = 'org.apache.hadoop.mapred.TextInputFormat';
const textOutput = `${ql}.HiveIgnoreKeyTextOutputFormat`;

export const lazySimpleSerDe = `${serde2}.lazy.LazySimpleSerDe`;
export const openxJsonSerDe = 'org.openx.data.jsonserde.JsonSerDe';

const formats: Readonly<Record<string, StorageClasses>> = {
  TEXTFILE: { inputFormat: textInput, outputFormat: textOutput, serializationLibrary: lazySimpleSerDe },
  JSONFILE: {
    inputFormat: textInput,
    outputFormat: textOutput,
    serializationLibrary: 'org.apache.hive.hcatalog.data.JsonSerDe',
  },
  PARQUET: {
    inputFormat: `${ql}.parquet.MapredParquetInputFormat`,
    outputFormat: `${ql}.parquet.MapredParquetOutputFormat`,
    serializationLibrary: `${ql}.parquet.serde.ParquetHiveSerDe`,
  },
  ORC: {
    inputFormat: `${ql}.orc.OrcInputFormat`,
    outputFormat: `${ql}.orc.OrcOutputFormat`,
    serializationLibrary: `${ql}.orc.OrcSerde`,
  },
  AVRO: {
    inputFormat: `${ql}.avro.AvroContainerInputFormat`,
    outputFormat: `${ql}.avro.AvroContainerOutputFormat`,
    serializationLibrary: `${serde2}.avro.AvroSerDe`,
  },
  SEQUENCEFILE: {
    inputFormat: 'org.apache.hadoop.mapred.SequenceFileInputFormat',
    outputFormat: `${ql}.HiveSequenceFileOutputFormat`,
    serializationLibrary: lazySimpleSerDe,
  },
  RCFILE: {
    inputFormat: `${ql}.RCFileInputFormat`,
    outputFormat: `${ql}.RCFileOutputFormat`,
    serializationLibrary: `${serde2}.columnar.LazyBinaryColumnarSerDe`,
  },
};

/** Undefined for a format that Hive does not have. */
export function findStorageClasses(format: string): StorageClasses | undefined {
  const name = format.toUpperCase();
  return formats[name === 'JSON' ? 'JSONFILE' : name];
}

export const storageFormatNames: readonly string[] = Object.keys(formats);

/** How new files of a table with this SerDe are written; undefined where they cannot be. */
export function writableFormatOf(
  serializationLibrary: string,
  serdeParameters: Readonly<Record<string, string>>,
  tableParameters: Readonly<Record<string, string>>,
): FileFormat | undefined {
  if (/parquet/i.test(serializationLibrary)) {
    const wanted = (
      tableParameters['parquet.compression'] ??
      tableParameters['parquet.compress'] ??
      'SNAPPY'
    ).toUpperCase();
    return { kind: 'parquet', compression: parquetCompression(wanted) ?? 'snappy' };
  }
  const compression = tableParameters['write.compression']?.toUpperCase() === 'GZIP' ? 'gzip' : 'none';
  if (/JsonSerDe$/i.test(serializationLibrary)) return { kind: 'json', compression };
  if (serializationLibrary !== lazySimpleSerDe && serializationLibrary !== '') return undefined;
  return {
    kind: 'text',
    delimiter: serdeParameters['field.delim'] ?? '\u0001',
    nullText: serdeParameters['serialization.null.format'] ?? '\\N',
    compression,
  };
}

export function parquetCompression(name: string): 'snappy' | 'zstd' | 'gzip' | 'uncompressed' | 'lz4_raw' | undefined {
  const known = {
    SNAPPY: 'snappy',
    ZSTD: 'zstd',
    GZIP: 'gzip',
    NONE: 'uncompressed',
    UNCOMPRESSED: 'uncompressed',
    LZ4: 'lz4_raw',
  } as const;
  return known[name.toUpperCase() as keyof typeof known];
}
