/** What every engine has to do, as one suite: call it with a way to open the engine. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isPlatformError } from '#kernel/errors';
import type { OutputColumn, SqlType } from '#languages/sql/index';
import type { EngineQuery, EngineRun, QueryEngine } from './engine.ts';

export interface EngineUnderTest {
  readonly name: string;
  open(): Promise<QueryEngine>;
  /** A folder that is deleted behind the suite. */
  readonly folder: string;
  /** SQL of this engine for a query that does not end by itself. */
  readonly endless: string;
  /** SQL that counts to `rows` in a column `n`. */
  counting(rows: number): string;
}

export function engineContract(subject: EngineUnderTest): void {
  let engine: QueryEngine;
  before(async () => {
    engine = await subject.open();
  });
  after(() => engine.close());

  const column = (name: string, type: SqlType): OutputColumn => ({ name, type, anonymous: false });
  const numbers = [column('n', { kind: 'bigint' })];
  const queryOf = (
    sql: string,
    columns: OutputColumn[],
    target: (folder: string) => EngineQuery['target'],
  ): EngineQuery => {
    const scratchFolder = mkdtempSync(join(subject.folder, 'query-'));
    return { sql, columns, scans: [], target: target(scratchFolder), scratchFolder };
  };
  const runOf = (options: Partial<EngineRun> = {}): EngineRun => ({
    signal: new AbortController().signal,
    timeoutMs: 30_000,
    scannedMaxBytes: undefined,
    onStart: () => {},
    onProgress: () => {},
    ...options,
  });

  test(`${subject.name}: a result is a quoted CSV with a header`, async () => {
    const query = queryOf(subject.counting(2), numbers, (folder) => ({ kind: 'result', file: join(folder, 'r.csv') }));
    const answer = await engine.run(query, runOf());
    assert.equal(answer.rows, 2);
    assert.equal(readFileSync(join(query.scratchFolder, 'r.csv'), 'utf8'), '"n"\n"1"\n"2"\n');
  });

  test(`${subject.name}: names that repeat stay as they are`, async () => {
    const columns = [column('a', { kind: 'bigint' }), column('a', { kind: 'bigint' })];
    const sql = `SELECT n, n FROM (${subject.counting(1)})`;
    const query = queryOf(sql, columns, (folder) => ({ kind: 'result', file: join(folder, 'r.csv') }));
    const answer = await engine.run(query, runOf());
    assert.equal(answer.rows, 1);
    assert.equal(readFileSync(join(query.scratchFolder, 'r.csv'), 'utf8'), '"a","a"\n"1","1"\n');
  });

  test(`${subject.name}: rows come back as text, no more than asked for`, async () => {
    const answer = await engine.run(
      queryOf(subject.counting(9), numbers, () => ({ kind: 'rows', rowsMax: 2 })),
      runOf(),
    );
    assert.deepEqual(answer.values, [['1'], ['2']]);
  });

  test(`${subject.name}: files are written in folders of their partition`, async () => {
    const columns = [...numbers, column('part', { kind: 'varchar' })];
    const sql = `SELECT n, CASE WHEN n = 1 THEN 'a/b' END FROM (${subject.counting(2)})`;
    const query = queryOf(sql, columns, (folder) => ({
      kind: 'files',
      folder,
      format: { kind: 'json', compression: 'none' },
      partitionedBy: ['part'],
    }));
    const answer = await engine.run(query, runOf());
    assert.equal(answer.rows, 2);
    assert.deepEqual(readdirSync(join(query.scratchFolder, 'data')).sort(), [
      'part=__HIVE_DEFAULT_PARTITION__',
      'part=a%2Fb',
    ]);
  });

  test(`${subject.name}: a scan gives typed columns, and its bytes are counted and limited`, async () => {
    const path = join(subject.folder, 'scan.csv');
    writeFileSync(path, '1,x\n2,y\nno,z\n');
    const scan = {
      view: 'scan_0',
      columns: [{ name: 'n', type: 'bigint' }],
      partitionKeys: [],
      sources: [
        {
          format: 'text' as const,
          fileColumns: [
            { name: 'n', type: 'bigint' },
            { name: 's', type: 'string' },
          ],
          serializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
          serdeParameters: { 'field.delim': ',' },
          tableParameters: {},
          inputFormat: '',
          files: [{ path, uri: 's3://b/scan.csv', sizeBytes: 13, modifiedMs: 1, values: [] }],
        },
      ],
    };
    const query = {
      ...queryOf('SELECT sum(n) FROM scan_0', numbers, () => ({ kind: 'rows', rowsMax: 2 })),
      scans: [scan],
    };
    const answer = await engine.run(query, runOf());
    assert.deepEqual(answer.values, [['3']]);
    assert.equal(answer.scannedBytes, 13);
    const again = { ...query, scratchFolder: mkdtempSync(join(subject.folder, 'query-')) };
    await assert.rejects(engine.run(again, runOf({ scannedMaxBytes: 12 })), { code: 'SCAN_LIMIT' });
  });

  test(`${subject.name}: an aborted query ends as CANCELLED, one over its time as EXCEEDED_TIME_LIMIT`, async () => {
    const abort = new AbortController();
    const run = engine.run(
      queryOf(subject.endless, numbers, () => ({ kind: 'rows', rowsMax: 1 })),
      runOf({ signal: abort.signal, onProgress: () => abort.abort() }),
    );
    await assert.rejects(run, (error) => isPlatformError(error, 'CANCELLED'));
    const late = engine.run(
      queryOf(subject.endless, numbers, () => ({ kind: 'rows', rowsMax: 1 })),
      runOf({ timeoutMs: 100 }),
    );
    await assert.rejects(late, (error) => isPlatformError(error, 'EXCEEDED_TIME_LIMIT'));
  });
}
