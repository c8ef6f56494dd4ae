/** Tags of objects: read and replaced without touching the bytes or the time of the object. */
import type { Bucket } from '../buckets/bucket.ts';
import type { Tags } from '../content/tags.ts';
import type { ObjectNotice, ObjectNotices } from './notices.ts';
import type { ObjectAttributes, ObjectVersion, Origin } from './object.ts';
import type { Objects } from './objects.ts';
import type { Shelf } from './shelf.ts';

export class Tagging {
  readonly #shelf: Shelf;
  readonly #objects: Objects;
  readonly #notices: ObjectNotices;

  constructor(shelf: Shelf, objects: Objects, notices: ObjectNotices) {
    this.#shelf = shelf;
    this.#objects = objects;
    this.#notices = notices;
  }

  /** @throws NoSuchKey, NoSuchVersion */
  async get(bucket: Bucket, key: string, versionId: string | undefined): Promise<ObjectVersion> {
    return (await this.#objects.get(bucket, key, { versionId })).version;
  }

  /** Replaces all tags; none removes them. @throws NoSuchKey, NoSuchVersion */
  async put(
    bucket: Bucket,
    key: string,
    versionId: string | undefined,
    tags: Tags,
    origin: Origin,
  ): Promise<ObjectVersion> {
    return this.#shelf.alone([{ bucket: bucket.name, key }], async () => {
      const found = await this.get(bucket, key, versionId);
      const { tags: _, ...untagged } = found.attributes;
      const isTagged = Object.keys(tags).length > 0;
      const attributes: ObjectAttributes = isTagged ? { ...untagged, tags } : untagged;
      const tagged = { ...found, attributes };
      const notice: ObjectNotice = {
        kind: isTagged ? 'tagged' : 'untagged',
        bucket,
        key,
        version: tagged,
        reason: isTagged ? 'PutObjectTagging' : 'DeleteObjectTagging',
        origin,
      };
      await this.#shelf.store.updateAttributes(found.id, attributes, (db) => this.#notices.record(db, notice));
      this.#notices.tell(notice);
      return tagged;
    });
  }
}
