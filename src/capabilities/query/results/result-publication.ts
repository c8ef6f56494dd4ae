/** Puts the outcome of a statement into the lake, with the file names that Athena's readers look for. */
import type { Transaction } from '#kernel/state';
import { formatS3Uri, type FileCommit, type Lake } from '#lake';
import type { Execution, ResultColumn } from '../execution.ts';
import type { Outcome } from '../statements/statement.ts';
import { encodeResultMetadata } from './result-metadata.ts';

export interface Destination {
  readonly accountId: string;
  readonly executionId: string;
  readonly folder: { readonly bucket: string; readonly prefix: string };
}

export type Published = Pick<Execution, 'outputLocation' | 'resultKind' | 'columns' | 'updateCount'> &
  Partial<Pick<Execution, 'manifestLocation'>>;

/**
 * Resolves when the result is where its readers look for it.
 * @param record keeps what became of the query, in the commit that publishes its result: neither is ever there alone
 */
export async function publishOutcome(
  lake: Lake,
  outcome: Outcome,
  to: Destination,
  record: (published: Published, db: Transaction) => void,
): Promise<void> {
  const commit = (files: readonly FileCommit[], published: Published): Promise<unknown> =>
    lake.commitFiles(files, { alongside: (db) => record(published, db) });
  const { bucket, prefix } = to.folder;
  const keyOf = (ending: string): string => `${prefix}${to.executionId}${ending}`;
  const locate = (ending: string): string => formatS3Uri({ bucket, key: keyOf(ending) });
  const file = (ending: string, contentType: string, content: string | Uint8Array): FileCommit => ({
    bucket,
    key: keyOf(ending),
    accountId: to.accountId,
    contentType,
    ...(typeof content === 'string' ? { localFile: content } : { bytes: content }),
  });
  const metadata = (ending: string, columns: readonly ResultColumn[]): FileCommit =>
    file(`${ending}.metadata`, 'application/octet-stream', encodeResultMetadata(columns));
  switch (outcome.kind) {
    case 'csv': {
      const { columns } = outcome;
      await commit([file('.csv', 'text/csv', outcome.file), metadata('.csv', columns)], {
        outputLocation: locate('.csv'),
        resultKind: 'csv',
        columns,
        updateCount: 0,
      });
      return;
    }
    case 'text': {
      const { columns } = outcome;
      await commit([file('.txt', 'text/plain', linesOf(outcome.lines)), metadata('.txt', columns)], {
        outputLocation: locate('.txt'),
        resultKind: 'text',
        columns,
        updateCount: 0,
      });
      return;
    }
    case 'written':
      await commit([file('-manifest.csv', 'text/csv', linesOf(outcome.files))], {
        outputLocation: outcome.location,
        resultKind: 'none',
        columns: [rowsColumn],
        updateCount: outcome.rows,
        manifestLocation: locate('-manifest.csv'),
      });
      return;
    case 'none':
      await commit([file('.txt', 'text/plain', linesOf([]))], {
        outputLocation: locate('.txt'),
        resultKind: 'none',
        columns: [],
        updateCount: 0,
      });
  }
}

const rowsColumn: ResultColumn = { name: 'rows', type: 'bigint', precision: 19, scale: 0, caseSensitive: false };

function linesOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}
