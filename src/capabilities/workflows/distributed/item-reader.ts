/** ItemReader: the items of a distributed Map from S3. Step Functions developer guide, "ItemReader". */
import { RowSplitter } from '#formats/delimited/index';
import { isPlatformError, messageOf } from '#kernel/errors';
import { StateFailure, type ItemReader, type Json, type JsonObject, type MapState } from '#languages/asl/index';
import type { ParquetRows } from '#query';
import type { MapRunPlan } from '../execution/interpreter/fan-out.ts';
import { isObject } from '../integrations/sdk-json.ts';
import { RoleStorage, type StorageRequest } from './role-storage.ts';

export interface ReadRequest extends StorageRequest {
  readonly mapState: MapState;
  readonly plan: MapRunPlan;
  readonly parquetRows?: ParquetReader | undefined;
}

/** Reads the rows of a Parquet file as the texts of JSON objects. */
export type ParquetReader = Pick<ParquetRows, 'read'>;

// Limit: a distributed Map reads at most 1,000,000 items; AWS allows 100,000,000.
const itemsMax = 1_000_000;

/** @throws StateFailure States.ItemReaderFailed */
export async function readItems(request: ReadRequest): Promise<readonly Json[]> {
  const { mapState, plan, parquetRows, signal } = request;
  const reader = mapState.itemReader;
  if (reader === undefined) return [];
  const bound = Math.min(plan.maxItems === undefined || plan.maxItems === 0 ? Infinity : plan.maxItems, itemsMax);
  const reading: Reading = { storage: new RoleStorage(request), reader, itemsMax: bound, parquetRows, signal };
  try {
    const items: Json[] = [];
    for await (const item of itemsOf(reading, isObject(plan.readerParameters) ? plan.readerParameters : {})) {
      if (items.length >= bound) break;
      items.push(item);
    }
    return items;
  } catch (error) {
    if (error instanceof StateFailure) throw error;
    const code = isPlatformError(error) ? `${error.code}: ` : '';
    throw failed(`Attempting to read the items failed. ${code}${messageOf(error)}`);
  }
}

/** One reading of a data set. */
interface Reading {
  readonly storage: RoleStorage;
  readonly reader: ItemReader;
  /** What lies behind so many items of a file is not needed. */
  readonly itemsMax: number;
  readonly parquetRows: ParquetReader | undefined;
  readonly signal: AbortSignal;
}

interface Place {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

async function* itemsOf(reading: Reading, parameters: JsonObject): AsyncIterable<Json> {
  const { storage, reader } = reading;
  const bucket = text(parameters['Bucket']);
  if (reader.resource.endsWith(':s3:listObjectsV2')) {
    for await (const entry of storage.list(bucket, text(parameters['Prefix']))) {
      if (reader.transformation !== 'LOAD_AND_FLATTEN') yield entry;
      else yield* parsedItems(reading, { bucket, key: text(entry['Key']) });
    }
    return;
  }
  if (!reader.resource.endsWith(':s3:getObject')) throw failed(`'${reader.resource}' is no reader of items.`);
  const version = parameters['VersionId'];
  const versionId = typeof version === 'string' ? version : undefined;
  const place = { bucket, key: text(parameters['Key']), versionId };
  // Athena's manifest names the data files; InputType is theirs.
  yield* reader.manifestType === 'ATHENA_DATA' ? athenaItems(reading, place) : parsedItems(reading, place);
}

async function* parsedItems(reading: Reading, place: Place): AsyncIterable<Json> {
  const { storage, reader } = reading;
  const { bucket, key, versionId } = place;
  switch (reader.inputType) {
    case 'CSV':
      return yield* csvItems(storage.pieces(bucket, key, versionId), reader);
    case 'JSONL':
      return yield* jsonLines(storage.pieces(bucket, key, versionId));
    case 'MANIFEST':
      return yield* inventoryItems(reading, place);
    case 'PARQUET':
      return yield* parquetItems(reading, place);
    default:
      return yield* jsonItems(parse(await storage.text(bucket, key, versionId)), reader);
  }
}

async function* parquetItems(
  { storage, parquetRows, itemsMax: rowsMax, signal }: Reading,
  { bucket, key, versionId }: Place,
): AsyncIterable<Json> {
  if (parquetRows === undefined) throw failed(`There is no engine that could read the Parquet file '${key}'.`);
  const bytes = await storage.bytes(bucket, key, versionId);
  try {
    for await (const row of parquetRows.read({ bytes, rowsMax, signal })) yield parse(row);
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    throw failed(`Attempting to read s3://${bucket}/${key} as Parquet failed. ${error.code}: ${error.message}`);
  }
}

const delimiters = { COMMA: ',', PIPE: '|', SEMICOLON: ';', SPACE: ' ', TAB: '\t' } as const;

async function* csvItems(pieces: AsyncIterable<string>, reader: ItemReader): AsyncIterable<JsonObject> {
  const splitter = new RowSplitter(delimiters[reader.csvDelimiter ?? 'COMMA'], '"', { isTrimmed: false });
  let header = reader.csvHeaderLocation === 'GIVEN' ? reader.csvHeaders : undefined;
  const rowsOf = function* (rows: Iterable<string[]>): Iterable<JsonObject> {
    for (const cells of rows) {
      if (header === undefined) header = cells.map((cell, index) => (index === 0 ? cell.replace(/^\uFEFF/, '') : cell));
      else yield Object.fromEntries(header.map((name, index) => [name, cells[index] ?? '']));
    }
  };
  for await (const piece of pieces) yield* rowsOf(splitter.push(piece));
  yield* rowsOf(splitter.end());
}

async function* jsonLines(pieces: AsyncIterable<string>): AsyncIterable<Json> {
  let held = '';
  for await (const piece of pieces) {
    const lines = (held + piece).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield parse(line);
  }
  if (held.trim() !== '') yield parse(held);
}

/** What ItemsPointer leads to. @throws StateFailure States.ItemReaderFailed */
export function pointedAt(content: Json, { itemsPointer }: Pick<ItemReader, 'itemsPointer'>): Json {
  let value = content;
  for (const part of pointerParts(itemsPointer)) {
    const next: Json | undefined = isObject(value)
      ? value[part]
      : Array.isArray(value)
        ? (value[Number(part)] as Json)
        : undefined;
    if (next === undefined) throw failed(`The ItemsPointer '${itemsPointer ?? ''}' leads nowhere.`);
    value = next;
  }
  return value;
}

/** The elements of an array, or the members of an object. @throws StateFailure States.ItemReaderFailed */
export function* jsonItems(content: Json, reader: Pick<ItemReader, 'itemsPointer'>): Iterable<Json> {
  const value = pointedAt(content, reader);
  if (Array.isArray(value)) yield* value as readonly Json[];
  else if (isObject(value)) for (const [Key, Value] of Object.entries(value)) yield { Key, Value };
  else throw failed('The items must be an array or an object.');
}

/** Parts of a JSON pointer (RFC 6901). */
function pointerParts(pointer: string | undefined): readonly string[] {
  if (pointer === undefined || pointer === '') return [];
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

interface Manifest {
  readonly fileFormat?: string;
  readonly fileSchema?: string;
  readonly sourceBucket?: string;
  readonly destinationBucket?: string;
  readonly files?: readonly { readonly key?: string }[];
}

/** Athena's UNLOAD leaves a list of `s3://` addresses, one a line. */
async function* athenaItems(reading: Reading, { bucket, key, versionId }: Place): AsyncIterable<Json> {
  for (const line of (await reading.storage.text(bucket, key, versionId)).split('\n')) {
    const [, dataBucket, dataKey] = /^s3:\/\/([^/]+)\/(.+)$/.exec(line.trim()) ?? [];
    if (dataBucket === undefined || dataKey === undefined) continue;
    const guessed = dataKey.endsWith('.csv') ? 'CSV' : 'JSONL';
    const { inputType = guessed } = reading.reader;
    const reader: ItemReader = { ...reading.reader, inputType: inputType === 'MANIFEST' ? guessed : inputType };
    yield* parsedItems({ ...reading, reader }, { bucket: dataBucket, key: dataKey });
  }
}

/** S3 inventory: a manifest that lists files of one format. */
async function* inventoryItems(reading: Reading, { bucket, key, versionId }: Place): AsyncIterable<Json> {
  const { storage, reader } = reading;
  const { fileFormat, fileSchema, destinationBucket, files } = parse(
    await storage.text(bucket, key, versionId),
  ) as Manifest;
  const target = (destinationBucket ?? bucket).replace(/^arn:aws:s3:::/, '');
  const places = (files ?? []).map((file) => ({ bucket: target, key: file.key ?? '' }));
  if (fileFormat === 'Parquet') {
    for (const place of places) yield* parquetItems(reading, place);
    return;
  }
  if (fileFormat !== 'CSV') {
    throw failed(`An inventory in '${String(fileFormat)}' is not supported; use CSV or Parquet.`);
  }
  const csvHeaders = (fileSchema ?? '').split(',').map((name) => name.trim());
  const inventory: ItemReader = { ...reader, csvHeaderLocation: 'GIVEN', csvHeaders };
  for (const place of places) yield* csvItems(storage.pieces(place.bucket, place.key), inventory);
}

function parse(content: string): Json {
  try {
    return JSON.parse(content) as Json;
  } catch (error) {
    throw failed(`Attempting to parse the items failed: ${messageOf(error)}`);
  }
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function failed(cause: string): StateFailure {
  return new StateFailure('States.ItemReaderFailed', cause);
}
