/** The storage part of a Glue table for each format, as Glue's crawler writes it. */

export interface StorageSuggestion {
  readonly inputFormat: string;
  readonly outputFormat: string;
  readonly serializationLibrary: string;
  readonly serdeParameters: Readonly<Record<string, string>>;
}

const hive = 'org.apache.hadoop.hive';
const textFormats = {
  inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  outputFormat: `${hive}.ql.io.HiveIgnoreKeyTextOutputFormat`,
};

export function lazySimpleStorage(delimiter: string): StorageSuggestion {
  return {
    ...textFormats,
    serializationLibrary: `${hive}.serde2.lazy.LazySimpleSerDe`,
    serdeParameters: { 'field.delim': delimiter },
  };
}

export function openCsvStorage(delimiter: string, quote: string): StorageSuggestion {
  return {
    ...textFormats,
    serializationLibrary: `${hive}.serde2.OpenCSVSerde`,
    serdeParameters: { separatorChar: delimiter, quoteChar: quote, escapeChar: '\\', 'serialization.format': '1' },
  };
}

/** @param paths names of the top-level keys, which Glue lists */
export function jsonStorage(paths: readonly string[]): StorageSuggestion {
  return {
    ...textFormats,
    serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
    serdeParameters: { paths: [...paths].sort().join(',') },
  };
}

export function grokStorage(pattern: string, customPatterns: string): StorageSuggestion {
  return {
    ...textFormats,
    serializationLibrary: 'com.amazonaws.glue.serde.GrokSerDe',
    serdeParameters: {
      'input.format': pattern,
      ...(customPatterns === '' ? {} : { 'input.grokCustomPatterns': customPatterns }),
    },
  };
}

/** Athena reads no XML, on AWS as here; Glue leaves the SerDe empty. */
export function xmlStorage(rowTag: string): StorageSuggestion {
  return { inputFormat: '', outputFormat: '', serializationLibrary: '', serdeParameters: { rowTag } };
}

export const parquetStorage: StorageSuggestion = {
  inputFormat: `${hive}.ql.io.parquet.MapredParquetInputFormat`,
  outputFormat: `${hive}.ql.io.parquet.MapredParquetOutputFormat`,
  serializationLibrary: `${hive}.ql.io.parquet.serde.ParquetHiveSerDe`,
  serdeParameters: { 'serialization.format': '1' },
};

export const orcStorage: StorageSuggestion = {
  inputFormat: `${hive}.ql.io.orc.OrcInputFormat`,
  outputFormat: `${hive}.ql.io.orc.OrcOutputFormat`,
  serializationLibrary: `${hive}.ql.io.orc.OrcSerde`,
  serdeParameters: {},
};

export function avroStorage(schemaText: string): StorageSuggestion {
  return {
    inputFormat: `${hive}.ql.io.avro.AvroContainerInputFormat`,
    outputFormat: `${hive}.ql.io.avro.AvroContainerOutputFormat`,
    serializationLibrary: `${hive}.serde2.avro.AvroSerDe`,
    serdeParameters: { 'serialization.format': '1', 'avro.schema.literal': schemaText },
  };
}
