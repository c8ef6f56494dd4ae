/** Multipart uploads that are under way, and their parts. */
import type { State } from '#kernel/state';
import type { ChecksumAlgorithm, ChecksumType } from '../content/checksum.ts';
import type { ObjectAttributes } from '../objects/object.ts';
import type { Upload, UploadedPart } from '../uploads/upload.ts';

interface UploadRow {
  id: string;
  bucket: string;
  key: string;
  initiated_ms: number;
  attributes: string;
  checksum_algorithm: string | null;
  checksum_type: string | null;
}

interface PartRow {
  upload_id: string;
  number: number;
  file_id: number;
  etag: string;
  size_bytes: number;
  modified_ms: number;
  checksums: string;
}

export class UploadStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  async insert(upload: Upload): Promise<void> {
    await this.#state.write((db) =>
      db
        .prepare('INSERT INTO lake_upload VALUES (?, ?, ?, ?, ?, ?, ?)')
        .run(
          upload.id,
          upload.bucket,
          upload.key,
          upload.initiatedAt.getTime(),
          JSON.stringify(upload.attributes),
          upload.checksumAlgorithm ?? null,
          upload.checksumType ?? null,
        ),
    );
  }

  find(id: string): Upload | undefined {
    const row = this.#state.reader.prepare<UploadRow>('SELECT * FROM lake_upload WHERE id = ?').get(id);
    return row && toUpload(row);
  }

  /** In order of key and id, behind the given pair. */
  listAfter(bucket: string, key: string, id: string): Upload[] {
    return this.#state.reader
      .prepare<UploadRow>(
        'SELECT * FROM lake_upload WHERE bucket = ? AND (key > ? OR (key = ? AND id > ?)) ORDER BY key, id',
      )
      .all(bucket, key, key, id)
      .map(toUpload);
  }

  /** Removes the upload and its parts. @returns numbers of the parts' files; undefined when it was gone already */
  delete(id: string): Promise<number[] | undefined> {
    return this.#state.write((db) => {
      const files = db.prepare<{ file_id: number }>('SELECT file_id FROM lake_part WHERE upload_id = ?').all(id);
      db.prepare('DELETE FROM lake_part WHERE upload_id = ?').run(id);
      const { changes } = db.prepare('DELETE FROM lake_upload WHERE id = ?').run(id);
      return Number(changes) === 0 ? undefined : files.map((row) => row.file_id);
    });
  }

  /** @returns the number of the file that this part replaces; `absent` when the upload has ended meanwhile */
  putPart(uploadId: string, part: UploadedPart): Promise<number | undefined | 'absent'> {
    return this.#state.write((db) => {
      if (db.prepare('SELECT 1 FROM lake_upload WHERE id = ?').get(uploadId) === undefined) return 'absent';
      const before = db
        .prepare<PartRow>('SELECT * FROM lake_part WHERE upload_id = ? AND number = ?')
        .get(uploadId, part.number);
      db.prepare('INSERT OR REPLACE INTO lake_part VALUES (?, ?, ?, ?, ?, ?, ?)').run(
        uploadId,
        part.number,
        part.fileId,
        part.etag,
        part.sizeBytes,
        part.lastModified.getTime(),
        JSON.stringify(part.checksums),
      );
      return before?.file_id;
    });
  }

  listParts(uploadId: string): UploadedPart[] {
    return this.#state.reader
      .prepare<PartRow>('SELECT * FROM lake_part WHERE upload_id = ? ORDER BY number')
      .all(uploadId)
      .map((row) => ({
        number: row.number,
        fileId: row.file_id,
        etag: row.etag,
        sizeBytes: row.size_bytes,
        lastModified: new Date(row.modified_ms),
        checksums: JSON.parse(row.checksums) as UploadedPart['checksums'],
      }));
  }

  /** Numbers of all parts' files. */
  listFileIds(): Set<number> {
    const rows = this.#state.reader.prepare<{ file_id: number }>('SELECT file_id FROM lake_part').all();
    return new Set(rows.map((row) => row.file_id));
  }
}

function toUpload(row: UploadRow): Upload {
  return {
    id: row.id,
    bucket: row.bucket,
    key: row.key,
    initiatedAt: new Date(row.initiated_ms),
    attributes: JSON.parse(row.attributes) as ObjectAttributes,
    checksumAlgorithm: (row.checksum_algorithm ?? undefined) as ChecksumAlgorithm | undefined,
    checksumType: (row.checksum_type ?? undefined) as ChecksumType | undefined,
  };
}
