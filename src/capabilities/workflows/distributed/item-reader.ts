/** ItemReader: the items of a distributed Map from S3. Step Functions developer guide, "ItemReader". */
import { RowSplitter } from '#formats/delimited/index';
import { isPlatformError, messageOf } from '#kernel/errors';
import { StateFailure, type ItemReader, type Json, type JsonObject, type MapState } from '#languages/asl/index';
import type { MapRunPlan } from '../execution/interpreter/fan-out.ts';
import { isObject } from '../integrations/sdk-json.ts';
import { RoleStorage, type StorageRequest } from './role-storage.ts';

export interface ReadRequest extends StorageRequest {
  readonly mapState: MapState;
  readonly plan: MapRunPlan;
}

// Limit: a distributed Map reads at most 1,000,000 items; AWS allows 100,000,000.
const itemsMax = 1_000_000;

/** @throws StateFailure States.ItemReaderFailed */
export async function readItems(request: ReadRequest): Promise<readonly Json[]> {
  const { mapState, plan } = request;
  const reader = mapState.itemReader;
  if (reader === undefined) return [];
  const parameters = isObject(plan.readerParameters) ? plan.readerParameters : {};
  const bound = Math.min(plan.maxItems === undefined || plan.maxItems === 0 ? Infinity : plan.maxItems, itemsMax);
  const storage = new RoleStorage(request);
  try {
    const items: Json[] = [];
    for await (const item of itemsOf(storage, reader, parameters)) {
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

async function* itemsOf(storage: RoleStorage, reader: ItemReader, parameters: JsonObject): AsyncIterable<Json> {
  const bucket = text(parameters['Bucket']);
  if (reader.resource.endsWith(':s3:listObjectsV2')) {
    for await (const entry of storage.list(bucket, text(parameters['Prefix']))) {
      if (reader.transformation !== 'LOAD_AND_FLATTEN') yield entry;
      else yield* parsedItems(storage, reader, bucket, text(entry['Key']), undefined);
    }
    return;
  }
  if (!reader.resource.endsWith(':s3:getObject')) throw failed(`'${reader.resource}' is no reader of items.`);
  const version = parameters['VersionId'];
  yield* parsedItems(
    storage,
    reader,
    bucket,
    text(parameters['Key']),
    typeof version === 'string' ? version : undefined,
  );
}

async function* parsedItems(
  storage: RoleStorage,
  reader: ItemReader,
  bucket: string,
  key: string,
  versionId: string | undefined,
): AsyncIterable<Json> {
  switch (reader.inputType) {
    case 'CSV':
      return yield* csvItems(storage.pieces(bucket, key, versionId), reader);
    case 'JSONL':
      return yield* jsonLines(storage.pieces(bucket, key, versionId));
    case 'MANIFEST':
      return yield* manifestItems(storage, reader, bucket, key);
    case 'PARQUET':
      // Limit: a distributed Map does not read Parquet yet; a query can write such a table as JSON or CSV.
      throw failed(`Reading Parquet ('${key}') is not supported by Millpond; use CSV, JSON or JSONL.`);
    default:
      return yield* jsonItems(await storage.text(bucket, key, versionId), reader);
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

function* jsonItems(content: string, { itemsPointer }: ItemReader): Iterable<Json> {
  let value = parse(content);
  for (const part of pointerParts(itemsPointer)) {
    const next: Json | undefined = isObject(value)
      ? value[part]
      : Array.isArray(value)
        ? (value[Number(part)] as Json)
        : undefined;
    if (next === undefined) throw failed(`The ItemsPointer '${itemsPointer ?? ''}' leads nowhere.`);
    value = next;
  }
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

/** S3 inventory: a manifest that lists CSV files; Athena: a list of `s3://` addresses, one a line. */
async function* manifestItems(
  storage: RoleStorage,
  reader: ItemReader,
  bucket: string,
  key: string,
): AsyncIterable<Json> {
  if (reader.manifestType === 'ATHENA_DATA') {
    for (const line of (await storage.text(bucket, key)).split('\n')) {
      const [, dataBucket, dataKey] = /^s3:\/\/([^/]+)\/(.+)$/.exec(line.trim()) ?? [];
      if (dataBucket === undefined || dataKey === undefined) continue;
      const inputType = dataKey.endsWith('.csv') ? 'CSV' : 'JSONL';
      yield* parsedItems(storage, { ...reader, inputType }, dataBucket, dataKey, undefined);
    }
    return;
  }
  const manifest = parse(await storage.text(bucket, key)) as Manifest;
  if (manifest.fileFormat !== 'CSV')
    throw failed(`An inventory in '${String(manifest.fileFormat)}' is not supported; use CSV.`);
  const headers = (manifest.fileSchema ?? '').split(',').map((name) => name.trim());
  const inventory: ItemReader = { ...reader, csvHeaderLocation: 'GIVEN', csvHeaders: headers };
  const target = (manifest.destinationBucket ?? bucket).replace(/^arn:aws:s3:::/, '');
  for (const file of manifest.files ?? []) yield* csvItems(storage.pieces(target, file.key ?? ''), inventory);
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
