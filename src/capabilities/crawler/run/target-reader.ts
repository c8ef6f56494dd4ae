/** One include path: its folders listed, read where they are new or changed, and grouped to data sets. */
import { createHash } from 'node:crypto';
import type { Lake } from '#lake';
import { parseS3Uri } from '#lake';
import type { CustomClassifier } from '#formats/classify/index';
import type { State } from '#kernel/state';
import type { CrawlConfiguration } from '../configuration.ts';
import type { RecrawlBehavior } from '../crawler.ts';
import { compileExclusions } from '../discovery/exclusions.ts';
import { type FolderContents, readFolder } from '../discovery/file-groups.ts';
import {
  type Folder,
  type FolderTree,
  FolderTreeBuilder,
  eachFolder,
  fingerprintOf,
  isHidden,
} from '../discovery/folder.ts';
import { type DataSet, groupTables } from '../discovery/grouping.ts';
import { createSampler, sampleSizeFor } from '../discovery/sampling.ts';
import * as rows from '../store/folder-store.ts';
import type { CrawlLog } from './crawl-log.ts';
import { locationOf } from './table-draft.ts';

export interface TargetReaderParts {
  readonly lake: Lake;
  readonly state: State;
  readonly scope: string;
  readonly crawlerName: string;
  readonly classifiers: readonly CustomClassifier[];
  readonly configuration: CrawlConfiguration;
  readonly recrawl: RecrawlBehavior;
  readonly log: CrawlLog;
  readonly signal: AbortSignal;
}

export interface Target {
  readonly path: string;
  readonly exclusions: readonly string[];
  readonly sampleSize?: number | undefined;
}

export interface TargetFindings {
  readonly bucket: string;
  /** Prefix or key of the include path. */
  readonly prefix: string;
  readonly sets: readonly DataSet[];
}

// Limit: at most 20,000 files of a target are read, spread over its folders, ten of each folder at least.
const filesReadMax = 20_000;
const filesPerFolderMin = 10;
/** Folders whose findings are written to the state together. */
const foldersPerWrite = 200;

export class TargetReader {
  readonly #parts: TargetReaderParts;

  constructor(parts: TargetReaderParts) {
    this.#parts = parts;
  }

  /** @throws NoSuchBucket, or the signal's reason when the crawl is stopped */
  async read(target: Target): Promise<TargetFindings> {
    const { log } = this.#parts;
    const { bucket, key } = parseS3Uri(target.path, 'InvalidInputException');
    const { tree, prefix } = await this.#list(bucket, key, target.exclusions);
    log.info(`${target.path}: ${tree.fileCount} files in ${tree.folderCount} folders`);
    log.filesFound += tree.fileCount;
    const contents = await this.#readFolders(locationOf(bucket, prefix), tree, target);
    const { configuration } = this.#parts;
    const sets = groupTables(tree.root, (folder) => contents.get(folder)?.groups ?? [], configuration);
    return {
      bucket,
      prefix,
      sets: prefix.endsWith('/') || prefix === '' ? sets : sets.map((set) => asFile(set, prefix)),
    };
  }

  async #list(
    bucket: string,
    key: string,
    exclusions: readonly string[],
  ): Promise<{ tree: FolderTree; prefix: string }> {
    const { lake, scope, signal } = this.#parts;
    const accountId = scope.slice(0, scope.indexOf('/'));
    const single = key === '' || key.endsWith('/') ? undefined : await lake.findObject({ bucket, key, accountId });
    if (single) {
      const builder = new FolderTreeBuilder(key.slice(0, key.lastIndexOf('/') + 1));
      builder.add(single);
      return { tree: builder.build(), prefix: key };
    }
    const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
    const isExcluded = compileExclusions(exclusions);
    const builder = new FolderTreeBuilder(prefix);
    for await (const object of lake.listObjects({ bucket, prefix, accountId })) {
      signal.throwIfAborted();
      const relative = object.key.slice(prefix.length);
      if (isHidden(relative, object.sizeBytes) || isExcluded(relative)) continue;
      builder.add({ key: object.key, sizeBytes: object.sizeBytes, etag: object.etag, path: object.path });
    }
    return { tree: builder.build(), prefix };
  }

  /** @param includePath the name under which what is known of this target's folders is kept, apart from other targets */
  async #readFolders(includePath: string, tree: FolderTree, target: Target): Promise<Map<Folder, FolderContents>> {
    const { state, scope, crawlerName, log } = this.#parts;
    const known = rows.selectFolders(state, scope, crawlerName, `${includePath} `);
    const recipe = this.#recipe(target);
    const contents = new Map<Folder, FolderContents>();
    const unread: { folder: Folder; location: string; fingerprint: string }[] = [];
    for (const folder of eachFolder(tree.root)) {
      if (folder.files.length === 0) continue;
      const location = `${includePath} ${folder.prefix}`;
      const fingerprint = `${recipe} ${fingerprintOf(folder.files)}`;
      const before = known.get(location);
      known.delete(location);
      if (before && this.#isKept(before.fingerprint, fingerprint, recipe)) {
        contents.set(folder, rows.decodeContents(before.contents, folder));
        log.filesKnown += folder.files.length;
      } else {
        unread.push({ folder, location, fingerprint });
      }
    }
    await this.#readNew(unread, contents, target);
    const gone = [...known.keys()];
    if (gone.length > 0) await state.write((db) => rows.deleteFolders(db, scope, crawlerName, gone));
    for (const { skipped } of contents.values()) for (const file of skipped) log.skip(file.key, file.reason);
    return contents;
  }

  async #readNew(
    unread: readonly { folder: Folder; location: string; fingerprint: string }[],
    contents: Map<Folder, FolderContents>,
    target: Target,
  ): Promise<void> {
    const { log, signal, classifiers, configuration } = this.#parts;
    const fileCount = unread.reduce((sum, { folder }) => sum + folder.files.length, 0);
    const filesMax =
      target.sampleSize ?? Math.max(filesPerFolderMin, Math.floor(filesReadMax / Math.max(1, unread.length)));
    const sampler = createSampler(sampleSizeFor(Math.min(fileCount, filesReadMax)));
    const anyColumns = configuration.combineCompatibleSchemas;
    let pending: rows.FolderUpdate[] = [];
    for (const { folder, location, fingerprint } of unread) {
      const found = await readFolder(folder, { sampler, classifiers, filesMax, anyColumns, signal });
      contents.set(folder, found);
      log.filesRead += Math.min(folder.files.length, filesMax);
      pending.push({ location, fingerprint, contents: rows.encodeContents(found) });
      if (pending.length >= foldersPerWrite) {
        await this.#keep(pending);
        pending = [];
      }
    }
    await this.#keep(pending);
  }

  async #keep(updates: readonly rows.FolderUpdate[]): Promise<void> {
    if (updates.length === 0) return;
    const { state, scope, crawlerName } = this.#parts;
    await state.write((db) => rows.putFolders(db, scope, crawlerName, updates));
  }

  /** A folder that was read the same way and has not changed; when only new folders count, one that was read at all. */
  #isKept(before: string, now: string, recipe: string): boolean {
    if (this.#parts.recrawl === 'CRAWL_NEW_FOLDERS_ONLY') return before.startsWith(`${recipe} `);
    return before === now;
  }

  /** What decides how a folder is read, beside its files. */
  #recipe(target: Target): string {
    const { classifiers, configuration } = this.#parts;
    const settings = JSON.stringify([classifiers, target.sampleSize ?? 0, configuration.combineCompatibleSchemas]);
    return createHash('sha256').update(settings).digest('base64url').slice(0, 16);
  }
}

/** An include path that names one file makes that file the table's place. */
function asFile(set: DataSet, key: string): DataSet {
  return { ...set, root: key, leaves: set.leaves.map((leaf) => ({ ...leaf, prefix: key })) };
}
