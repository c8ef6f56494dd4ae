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

const documentsMax = 10_000;

export class BucketStore {
  readonly #state: State;
  /** Documents as they were read last: a bucket's are looked at for every request. */
  readonly #documents = new Map<string, unknown>();

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
  async delete(name: string): Promise<number[]> {
    const files = await this.#state.write((db) => {
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
    this.#documents.clear();
    return files;
  }

  async setVersioning(name: string, status: VersioningStatus): Promise<void> {
    await this.#state.write((db) =>
      db.prepare('UPDATE lake_bucket SET versioning = ? WHERE name = ?').run(status ?? null, name),
    );
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- who put the document knows its shape
  findConfiguration<Document>(bucket: string, kind: string): Document | undefined {
    const key = `${kind}\n${bucket}`;
    if (this.#documents.has(key)) return this.#documents.get(key) as Document | undefined;
    const document = this.#readConfiguration(bucket, kind) as Document | undefined;
    // Names of buckets come from anybody; what is kept has an end.
    if (this.#documents.size >= documentsMax) this.#documents.clear();
    this.#documents.set(key, document);
    return document;
  }

  #readConfiguration(bucket: string, kind: string): unknown {
    const row = this.#state.reader
      .prepare<{ document: string }>('SELECT document FROM lake_configuration WHERE bucket = ? AND kind = ?')
      .get(bucket, kind);
    return row && (JSON.parse(row.document) as unknown);
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
    this.#documents.delete(`${kind}\n${bucket}`);
  }

  async deleteConfiguration(bucket: string, kind: string): Promise<void> {
    await this.#state.write((db) =>
      db.prepare('DELETE FROM lake_configuration WHERE bucket = ? AND kind = ?').run(bucket, kind),
    );
    this.#documents.delete(`${kind}\n${bucket}`);
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
