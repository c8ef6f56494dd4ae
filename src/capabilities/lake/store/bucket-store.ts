/** Buckets and their configurations in the state. A configuration is kept as the JSON of its API shape. */
import type { State } from '#kernel/state';
import type { Bucket, VersioningStatus } from '../buckets/bucket.ts';

interface BucketRow {
  name: string;
  account_id: string;
  region: string;
  created_ms: number;
  versioning: string | null;
}

export class BucketStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  find(name: string): Bucket | undefined {
    const row = this.#state.reader.prepare<BucketRow>('SELECT * FROM lake_bucket WHERE name = ?').get(name);
    return row && toBucket(row);
  }

  listOf(accountId: string): Bucket[] {
    return this.#state.reader
      .prepare<BucketRow>('SELECT * FROM lake_bucket WHERE account_id = ? ORDER BY name')
      .all(accountId)
      .map(toBucket);
  }

  listAll(): Bucket[] {
    return this.#state.reader.prepare<BucketRow>('SELECT * FROM lake_bucket ORDER BY name').all().map(toBucket);
  }

  /** @returns the bucket that has this name afterwards: the given one, or the one that was there already */
  insert(bucket: Bucket): Promise<Bucket> {
    return this.#state.write((db) => {
      const row = db.prepare<BucketRow>('SELECT * FROM lake_bucket WHERE name = ?').get(bucket.name);
      if (row !== undefined) return toBucket(row);
      db.prepare('INSERT INTO lake_bucket VALUES (?, ?, ?, ?, ?)').run(
        bucket.name,
        bucket.accountId,
        bucket.region,
        bucket.createdAt.getTime(),
        bucket.versioning ?? null,
      );
      return bucket;
    });
  }

  /** Removes the bucket with all that is known of it. @returns numbers of the files of parts that were under way */
  delete(name: string): Promise<number[]> {
    return this.#state.write((db) => {
      const files = db
        .prepare<{ file_id: number }>(
          'SELECT file_id FROM lake_part WHERE upload_id IN (SELECT id FROM lake_upload WHERE bucket = ?)',
        )
        .all(name);
      db.prepare('DELETE FROM lake_part WHERE upload_id IN (SELECT id FROM lake_upload WHERE bucket = ?)').run(name);
      for (const table of ['lake_upload', 'lake_object', 'lake_configuration']) {
        db.prepare(`DELETE FROM ${table} WHERE bucket = ?`).run(name);
      }
      db.prepare('DELETE FROM lake_bucket WHERE name = ?').run(name);
      return files.map((row) => row.file_id);
    });
  }

  async setVersioning(name: string, status: VersioningStatus): Promise<void> {
    await this.#state.write((db) =>
      db.prepare('UPDATE lake_bucket SET versioning = ? WHERE name = ?').run(status ?? null, name),
    );
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- who put the document knows its shape
  findConfiguration<Document>(bucket: string, kind: string): Document | undefined {
    const row = this.#state.reader
      .prepare<{ document: string }>('SELECT document FROM lake_configuration WHERE bucket = ? AND kind = ?')
      .get(bucket, kind);
    return row && (JSON.parse(row.document) as Document);
  }

  /** Names of the buckets that have a configuration of this kind. */
  listConfigured(kind: string): string[] {
    return this.#state.reader
      .prepare<{ bucket: string }>('SELECT bucket FROM lake_configuration WHERE kind = ? ORDER BY bucket')
      .all(kind)
      .map((row) => row.bucket);
  }

  async putConfiguration(bucket: string, kind: string, document: unknown): Promise<void> {
    await this.#state.write((db) =>
      db
        .prepare(
          'INSERT INTO lake_configuration VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET document = excluded.document',
        )
        .run(bucket, kind, JSON.stringify(document)),
    );
  }

  async deleteConfiguration(bucket: string, kind: string): Promise<void> {
    await this.#state.write((db) =>
      db.prepare('DELETE FROM lake_configuration WHERE bucket = ? AND kind = ?').run(bucket, kind),
    );
  }
}

function toBucket(row: BucketRow): Bucket {
  return {
    name: row.name,
    accountId: row.account_id,
    region: row.region,
    createdAt: new Date(row.created_ms),
    versioning: (row.versioning ?? undefined) as VersioningStatus,
  };
}
