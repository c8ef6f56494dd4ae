/** What a classifier is given, and what it answers. */
import type { Codec } from '../compression/index.ts';
import type { Column } from '../hive-type.ts';
import type { RangeReader } from '../range-reader.ts';
import type { StorageSuggestion } from './storage.ts';

export interface ClassifySample {
  /** Key or file name; only a hint. */
  readonly name: string;
  /** Plain (decompressed) bytes from the start. 1 MiB is plenty; for types that hold over a whole file give it whole. */
  readonly head: Uint8Array;
  /** Whether `head` is all of the decompressed object, so that its last line counts. */
  readonly isWhole: boolean;
  readonly codec: Codec;
  /** The object's raw bytes, for the footers of Parquet and ORC. */
  readonly reader: RangeReader;
}

export interface Classification {
  /** `csv`, `json`, `parquet`, `orc`, `avro`, `xml`, `combined_apache`, … or what a custom classifier names. */
  readonly classification: string;
  /** 0 to 1, as Glue's. */
  readonly certainty: number;
  /** Column types may be `unknown`: merge over files with `widenColumns` first, format afterwards. */
  readonly columns: readonly Column[];
  /** Table parameters: `delimiter`, `skip.header.line.count`, `compressionType`, `typeOfData`, … */
  readonly parameters: Readonly<Record<string, string>>;
  readonly storage: StorageSuggestion;
  /** Rows of the whole object where the format tells (Parquet, ORC), else rows seen in `head`. */
  readonly rowCount: number;
  readonly isRowCountExact: boolean;
  /** Why: for people who ask what the crawler did. */
  readonly reason: string;
}

/** `compressionType` as Glue writes it. */
export function commonParameters(sample: ClassifySample, classification: string): Record<string, string> {
  const compressionType = sample.codec.split('-')[0] as string;
  return { classification, compressionType, typeOfData: 'file' };
}
