/** Listing: the keys that lie on disk, in order, joined with their rows page by page. S3 API reference, ListObjectsV2. */
import type { Bucket } from '../buckets/bucket.ts';
import { KeyWalker, type WalkedFile } from '../disk/key-walker.ts';
import type { LocatedFile } from '../disk/bucket-folder.ts';
import { compareKeys } from '../key/key.ts';
import type { ObjectVersion } from './object.ts';
import { stateOf, type Shelf, type StoredObject } from './shelf.ts';

export interface ListQuery {
  readonly prefix?: string | undefined;
  readonly delimiter?: string | undefined;
  /** Only what comes behind this key (or common prefix). */
  readonly after?: string | undefined;
  /** Of objects and common prefixes together. */
  readonly limit: number;
}

export interface ListPage {
  readonly objects: readonly StoredObject[];
  readonly commonPrefixes: readonly string[];
  /** The last key or common prefix of the page, when there is more behind it. */
  readonly next: string | undefined;
}

export interface VersionQuery extends ListQuery {
  /** Goes on within the key `after`, behind this version. */
  readonly afterVersionId?: string | undefined;
}

export interface ListedVersion {
  readonly version: ObjectVersion;
  readonly isLatest: boolean;
}

export interface VersionPage {
  readonly versions: readonly ListedVersion[];
  readonly commonPrefixes: readonly string[];
  readonly next: { readonly key: string; readonly versionId?: string } | undefined;
}

/** No character has higher bytes in UTF-8. */
const lastCharacter = '\u{10ffff}';
/** Files are described in groups of this many. */
const groupSize = 500;

export class Listing {
  readonly #shelf: Shelf;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  async page(bucket: Bucket, query: ListQuery): Promise<ListPage> {
    const prefix = query.prefix ?? '';
    const walker = this.#walker(bucket, query);
    const files: WalkedFile[] = [];
    const commonPrefixes: string[] = [];
    let last: string | undefined;
    if (query.limit === 0) return { objects: [], commonPrefixes, next: undefined };
    for (let file = await walker.next(); file !== undefined; file = await walker.next()) {
      if (files.length + commonPrefixes.length >= query.limit) {
        return { objects: await this.#describe(bucket, files), commonPrefixes, next: last };
      }
      const common = commonPrefixOf(file.key, prefix, query.delimiter);
      if (common === undefined) files.push(file);
      else {
        commonPrefixes.push(common);
        walker.skipPrefix(common);
      }
      last = common ?? file.key;
    }
    return { objects: await this.#describe(bucket, files), commonPrefixes, next: undefined };
  }

  /** All objects under a prefix, in key order, read as they are asked for. */
  async *objects(bucket: Bucket, options: { prefix?: string; after?: string } = {}): AsyncGenerator<StoredObject> {
    const walker = new KeyWalker(this.#shelf.folder(bucket.name), options);
    for (;;) {
      const files: WalkedFile[] = [];
      while (files.length < groupSize) {
        const file = await walker.next();
        if (file === undefined) break;
        files.push(file);
      }
      yield* await this.#describe(bucket, files);
      if (files.length < groupSize) return;
    }
  }

  async versions(bucket: Bucket, query: VersionQuery): Promise<VersionPage> {
    const versions: ListedVersion[] = [];
    const commonPrefixes: string[] = [];
    const page = (next: VersionPage['next']): VersionPage => ({ versions, commonPrefixes, next });
    let last: VersionPage['next'];
    if (query.limit === 0) return page(undefined);
    if (query.after !== undefined && query.afterVersionId !== undefined) {
      const rest = await this.#versionsOf(bucket, query.after);
      const index = rest.findIndex(({ version }) => version.versionId === query.afterVersionId);
      for (const listed of rest.slice(index === -1 ? rest.length : index + 1)) {
        if (versions.length >= query.limit) return page(last);
        versions.push(listed);
        last = { key: query.after, versionId: listed.version.versionId };
      }
    }
    for await (const { key, common } of this.#versionedKeys(bucket, query)) {
      const listed = common === undefined ? await this.#versionsOf(bucket, key) : [];
      if (common !== undefined) {
        if (versions.length + commonPrefixes.length >= query.limit) return page(last);
        commonPrefixes.push(common);
        last = { key: common };
      }
      for (const one of listed) {
        if (versions.length + commonPrefixes.length >= query.limit) return page(last);
        versions.push(one);
        last = { key, versionId: one.version.versionId };
      }
    }
    return page(undefined);
  }

  /** Whether anything is left that keeps a bucket from being deleted: a sentence's end, or undefined. */
  async contentsOf(bucket: Bucket): Promise<string | undefined> {
    const countMax = 1000;
    const { objects, next } = await this.page(bucket, { limit: countMax });
    if (objects.length > 0) return `${next === undefined ? '' : 'more than '}${objects.length} object(s)`;
    const kept = this.#shelf.store.findKeptKeyAfter(bucket.name, '', true);
    return kept === undefined ? undefined : `versions or delete markers, of '${kept}' for one`;
  }

  #walker(bucket: Bucket, query: ListQuery): KeyWalker {
    const { prefix = '', delimiter, after } = query;
    const walker = new KeyWalker(this.#shelf.folder(bucket.name), { prefix, after });
    // A page that ended with a common prefix goes on behind all of its keys.
    const common = after === undefined ? undefined : commonPrefixOf(after, prefix, delimiter);
    if (common !== undefined && common === after) walker.skipPrefix(common);
    return walker;
  }

  /** Keys that have a file or a kept version, in order; with a delimiter, common prefixes in their place. */
  async *#versionedKeys(bucket: Bucket, query: ListQuery): AsyncGenerator<{ key: string; common: string | undefined }> {
    const { prefix = '', delimiter, after } = query;
    const walker = this.#walker(bucket, query);
    const start = after === undefined || compareKeys(after, prefix) < 0 ? prefix : after;
    const afterCommon = after === undefined ? undefined : commonPrefixOf(after, prefix, delimiter);
    let skipped = afterCommon === after ? afterCommon : undefined;
    const nextKept = (from: string, isInclusive: boolean): string | undefined => {
      const kept = this.#shelf.store.findKeptKeyAfter(bucket.name, from, isInclusive);
      if (kept !== undefined && skipped !== undefined && kept.startsWith(skipped)) {
        // On to behind the common prefix; a key whose next character is the last of Unicode is passed one by one.
        const end = skipped + lastCharacter;
        return nextKept(compareKeys(kept, end) < 0 ? end : kept, false);
      }
      return kept?.startsWith(prefix) ? kept : undefined;
    };
    let file = await walker.next();
    let kept = nextKept(start, start !== after);
    while (file !== undefined || kept !== undefined) {
      const isFileFirst = kept === undefined || (file !== undefined && compareKeys(file.key, kept) <= 0);
      const key = (isFileFirst ? file?.key : kept) as string;
      const common = commonPrefixOf(key, prefix, delimiter);
      yield { key, common };
      if (common !== undefined) {
        walker.skipPrefix(common);
        skipped = common;
      }
      if (file !== undefined && (file.key === key || (common !== undefined && file.key.startsWith(common)))) {
        file = await walker.next();
      }
      if (kept !== undefined && (kept === key || (common !== undefined && kept.startsWith(common)))) {
        kept = nextKept(kept, false);
      }
    }
  }

  async #versionsOf(bucket: Bucket, key: string): Promise<ListedVersion[]> {
    const state = await this.#shelf.read(bucket, key);
    const { current } = state;
    // The file on disk is the latest whatever the rows say; without one, only a marker can be.
    const rest = state.versions.filter((version) => version !== current);
    const newest = current ?? (rest[0]?.isMarker ? rest[0] : undefined);
    return (current ? [current, ...rest] : rest).map((version) => ({ version, isLatest: version === newest }));
  }

  async #describe(bucket: Bucket, files: readonly WalkedFile[]): Promise<StoredObject[]> {
    const [first, last] = [files[0], files.at(-1)];
    if (first === undefined || last === undefined) return [];
    const rows = this.#shelf.store.listBetween(bucket.name, first.key, last.key);
    const folder = this.#shelf.folder(bucket.name);
    const described: StoredObject[] = [];
    const adopted: ObjectVersion[] = [];
    for (const { key, path } of files) {
      const file = folder.examine(path);
      if (file === undefined) continue;
      const version = stateOf(file, rows.get(key) ?? []).current ?? (await this.#adopt(bucket, key, file, adopted));
      if (version !== undefined) described.push({ version, path: file.path });
    }
    if (adopted.length > 0) await this.#shelf.store.apply({ insert: adopted });
    return described;
  }

  async #adopt(
    bucket: Bucket,
    key: string,
    file: LocatedFile,
    adopted: ObjectVersion[],
  ): Promise<ObjectVersion | undefined> {
    const version = await this.#shelf.describeFile(bucket, key, file);
    // It changed while it was read: as it is now, by the way of a single look.
    if (version === undefined) return (await this.#shelf.read(bucket, key)).current;
    adopted.push(version);
    return version;
  }
}

/** The part of a key up to and with the first delimiter behind the prefix. */
export function commonPrefixOf(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined || delimiter === '' || !key.startsWith(prefix)) return undefined;
  const index = key.indexOf(delimiter, prefix.length);
  return index === -1 ? undefined : key.slice(0, index + delimiter.length);
}
