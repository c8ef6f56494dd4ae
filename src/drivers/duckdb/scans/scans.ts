/** Turns scans into views of one fenced instance, and does it again with the tolerant reader where the strict one refuses. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteName, quoteText } from '../instance.ts';
import type { ScanCounts } from '../protocol.ts';
import { duckTypeOf } from './duck-type.ts';
import { ParquetScans } from './parquet.ts';
import { rewrittenRelation, type Scratch } from './rewritten.ts';
import type { Relation, Scan, ScanFile, ScanSource } from './scan.ts';
import { mayReadStrictly, specOf, strictRelation, textCodecOf, TextVerdicts } from './text.ts';

/** What a process remembers about files from one work to the next: facts of their content, never their rows. */
export class FileFacts {
  readonly parquet = new ParquetScans();
  readonly verdicts = new TextVerdicts();
}

/** @returns what is known about the scans before anything ran, and the text files that went to the strict reader */
export async function createViews(
  connection: DuckDBConnection,
  scans: readonly Scan[],
  facts: FileFacts,
  scratch: Scratch,
): Promise<{ counts: ScanCounts[]; strictFiles: ScanFile[] }> {
  const counts: ScanCounts[] = [];
  const strictFiles: ScanFile[] = [];
  for (const scan of scans) {
    const relations: Relation[] = [];
    for (const source of scan.sources) {
      if (source.files.length === 0) continue;
      relations.push(...(await relationsOf(connection, scan, source, facts, scratch, strictFiles)));
    }
    const sql =
      scan.rows !== undefined && scan.rows.length > 0
        ? knownRows(scan, scan.rows)
        : relations.length === 0
          ? emptyRelation(scan)
          : relations.map((relation) => relation.sql).join('\nUNION ALL\n');
    await connection.run(`CREATE OR REPLACE VIEW ${quoteName(scan.view)} AS ${sql}`);
    counts.push(countsOf(scan, relations));
  }
  return { counts, strictFiles };
}

async function relationsOf(
  connection: DuckDBConnection,
  scan: Scan,
  source: ScanSource,
  facts: FileFacts,
  scratch: Scratch,
  strictFiles: ScanFile[],
): Promise<Relation[]> {
  if (source.format === 'parquet') return [await facts.parquet.relation(connection, scan, source)];
  if (source.format !== 'text') return [await rewrittenRelation(scan, source, source.files, undefined, scratch)];
  const spec = specOf(source);
  const strict: ScanFile[] = [];
  const tolerant: ScanFile[] = [];
  const mayTry = mayReadStrictly(source, spec);
  for (const file of source.files) {
    (mayTry && (await facts.verdicts.isClean(file, scratch.signal)) ? strict : tolerant).push(file);
  }
  strictFiles.push(...strict);
  return [
    ...Object.values(Object.groupBy(strict, (file) => textCodecOf(file) ?? 'none')).map((files) =>
      strictRelation(scan, source, files, spec),
    ),
    ...(tolerant.length === 0 ? [] : [await rewrittenRelation(scan, source, tolerant, spec, scratch)]),
  ];
}

function knownRows(scan: Scan, rows: readonly (readonly (string | null)[])[]): string {
  if (scan.columns.length === 0) return `SELECT 1 AS "$none" FROM range(${rows.length})`;
  const values = rows.map((row) => `(${row.map((cell) => (cell === null ? 'NULL' : quoteText(cell))).join(', ')})`);
  const cells = scan.columns.map(
    (column, index) => `CAST(c${index} AS ${duckTypeOf(column.type)}) AS ${quoteName(column.name)}`,
  );
  const names = scan.columns.map((_, index) => `c${index}`).join(', ');
  return `SELECT ${cells.join(', ')} FROM (VALUES ${values.join(', ')}) AS known(${names})`;
}

function emptyRelation(scan: Scan): string {
  const cells = [...scan.columns, ...scan.partitionKeys].map(
    (column) => `CAST(NULL AS ${duckTypeOf(column.type)}) AS ${quoteName(column.name)}`,
  );
  if (scan.pathColumn !== undefined) cells.push(`CAST(NULL AS VARCHAR) AS ${quoteName(scan.pathColumn)}`);
  return `SELECT ${cells.length === 0 ? '1 AS "$none"' : cells.join(', ')} WHERE false`;
}

function countsOf(scan: Scan, relations: readonly Relation[]): ScanCounts {
  const sum = (pick: (relation: Relation) => number): number =>
    relations.reduce((total, relation) => total + pick(relation), 0);
  const isCounted = relations.every((relation) => relation.rows !== undefined);
  return {
    view: scan.view,
    scannedBytes: sum((relation) => relation.scannedBytes),
    ...(isCounted ? { rows: sum((relation) => relation.rows ?? 0) } : {}),
    tolerant: relations.some((relation) => relation.tolerant),
    badCells: sum((relation) => relation.badCells),
    raggedRows: sum((relation) => relation.raggedRows),
  };
}
