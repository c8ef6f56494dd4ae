/** Which file of a scan an error came from: DuckDB names the path, at times nothing; people know files by their address. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { messageOf } from '#kernel/errors';
import { quoteText } from '../instance.ts';
import type { Scan, ScanFile } from './scan.ts';

// Limit: where DuckDB names no file, the first 1,000 are tried one by one.
const triedMax = 1000;

const damaged =
  /TProtocolException|No magic bytes|too small to be a Parquet|Footer length|Failed to read file|decompression fail|not enough data|don't know what type|corrupt/i;
const unreachable =
  /No such file|Cannot open file|Could not open|Permission denied|Could not read (?:enough )?bytes|is a directory/i;

/** The error under the name of its file; one that no file is to blame for as it is. */
export async function nameBadFile(
  error: unknown,
  connection: DuckDBConnection,
  scans: readonly Scan[],
): Promise<unknown> {
  const message = messageOf(error);
  const sources = scans.flatMap((scan) => scan.sources);
  const named = sources
    .flatMap(({ files }) => files)
    .find(({ path }) => message.includes(`${path}'`) || message.includes(`${path}"`));
  if (named !== undefined && unreachable.test(message)) {
    return unopened(named.uri, error);
  }
  if (!damaged.test(message)) return error;
  const culprit =
    named ??
    (await findDamaged(
      connection,
      sources.filter(({ format }) => format === 'parquet').flatMap(({ files }) => files),
    ));
  return culprit === undefined ? error : badParquet(message, culprit);
}

/** An error of a reader with the address of the file it read. */
export function withPlace(error: unknown, uri: string): Error {
  const message = messageOf(error);
  const code = (error as { code?: unknown }).code;
  if (['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EIO'].includes(code as string)) return unopened(uri, error);
  const isNamed = /^[A-Z_]+:/.test(message);
  const prefix = isNamed || typeof code !== 'string' || !/^[A-Z_]+$/.test(code) ? '' : `${code}: `;
  return new Error(`${prefix}${message} (file ${uri})`);
}

function unopened(uri: string, cause: unknown): Error {
  return new Error(`HIVE_CANNOT_OPEN_SPLIT: A file is gone or cannot be read; run the query again (file ${uri})`, {
    cause,
  });
}

async function findDamaged(connection: DuckDBConnection, files: readonly ScanFile[]): Promise<ScanFile | undefined> {
  for (const file of files.slice(0, triedMax)) {
    try {
      await connection.run(`SELECT max(hash(COLUMNS(*))) FROM read_parquet([${quoteText(file.path)}])`);
    } catch {
      return file;
    }
  }
  return undefined;
}

function badParquet(message: string, file: ScanFile): Error {
  const fault = (message.split('\n', 1)[0] ?? '')
    .replace(/^.*Error: /, '')
    .replaceAll(file.path, '')
    .replace(/^Failed to read file "": /, '')
    .replace(/ ?(?:at end|in)? ?(?:of )?(?:[Ff]ile )?''/, '')
    .trim();
  return withPlace(new Error(`HIVE_BAD_DATA: Not valid Parquet file: ${fault}`), file.uri);
}
