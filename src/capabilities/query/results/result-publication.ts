/** Puts the outcome of a statement into the lake, with the file names that Athena's readers look for. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatS3Uri, type Lake } from '#lake';
import type { Execution, ResultColumn } from '../execution.ts';
import type { Outcome } from '../statements/statement.ts';
import { encodeResultMetadata } from './result-metadata.ts';

export interface Destination {
  readonly accountId: string;
  readonly executionId: string;
  readonly folder: { readonly bucket: string; readonly prefix: string };
  /** On the lake's file system. */
  readonly scratchFolder: string;
}

type Published = Pick<Execution, 'outputLocation' | 'resultKind' | 'columns' | 'updateCount'> &
  Partial<Pick<Execution, 'manifestLocation'>>;

export async function publishOutcome(lake: Lake, outcome: Outcome, to: Destination): Promise<Published> {
  switch (outcome.kind) {
    case 'csv': {
      const metadata = await scratchFile(to, 'metadata', encodeResultMetadata(outcome.columns));
      const location = await publish(lake, to, 'csv', outcome.file, metadata);
      return { outputLocation: location, resultKind: 'csv', columns: outcome.columns, updateCount: 0 };
    }
    case 'text': {
      const text = await scratchFile(to, 'text', outcome.lines.map((line) => `${line}\n`).join(''));
      const metadata = await scratchFile(to, 'metadata', encodeResultMetadata(outcome.columns));
      const location = await publish(lake, to, 'txt', text, metadata);
      return { outputLocation: location, resultKind: 'text', columns: outcome.columns, updateCount: 0 };
    }
    case 'written': {
      const manifest = await scratchFile(to, 'manifest', outcome.files.map((file) => `${file}\n`).join(''));
      const key = `${to.folder.prefix}${to.executionId}-manifest.csv`;
      await lake.commitFiles([
        { bucket: to.folder.bucket, key, localFile: manifest, accountId: to.accountId, contentType: 'text/csv' },
      ]);
      return {
        outputLocation: outcome.location,
        resultKind: 'none',
        columns: [rowsColumn],
        updateCount: outcome.rows,
        manifestLocation: formatS3Uri({ bucket: to.folder.bucket, key }),
      };
    }
    case 'none': {
      const empty = await scratchFile(to, 'text', '');
      const location = await publish(lake, to, 'txt', empty, undefined);
      return { outputLocation: location, resultKind: 'none', columns: [], updateCount: 0 };
    }
  }
}

const rowsColumn: ResultColumn = { name: 'rows', type: 'bigint', precision: 19, scale: 0, caseSensitive: false };

async function publish(
  lake: Lake,
  to: Destination,
  extension: 'csv' | 'txt',
  file: string,
  metadata: string | undefined,
): Promise<string> {
  const { bucket, prefix } = to.folder;
  const key = `${prefix}${to.executionId}.${extension}`;
  const { accountId } = to;
  await lake.commitFiles([
    { bucket, key, localFile: file, accountId, contentType: extension === 'csv' ? 'text/csv' : 'text/plain' },
    ...(metadata === undefined
      ? []
      : [{ bucket, key: `${key}.metadata`, localFile: metadata, accountId, contentType: 'application/octet-stream' }]),
  ]);
  return formatS3Uri({ bucket, key });
}

async function scratchFile(to: Destination, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(to.scratchFolder, `result.${name}`);
  await writeFile(path, content);
  return path;
}
