/**
 * Publishing several files together, as a query or a job does with its output, and taking up at the start what a
 * crash interrupted. The commit of the journal entry is the moment of decision: before it none of the files will be
 * seen, after it all of them, if need be by the next start. So a publication is acknowledged when that commit is on disk
 * and the names are in place; making the names durable too goes on behind, and until then nobody else may write the keys.
 *
 * Limit: between the first and the last rename a reader may see some of the new files and not yet others.
 */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import type { Log } from '#kernel/log';
import type { Bucket } from '../buckets/bucket.ts';
import { contentTypeOf } from '../content/content-type.ts';
import type { WriteConditions } from '../content/conditions.ts';
import type { StagedFile } from '../disk/staging.ts';
import type { ObjectNotices } from './notices.ts';
import type { ObjectAttributes, ObjectVersion, Origin } from './object.ts';
import type { Objects, PlannedWrite } from './objects.ts';
import type { Shelf } from './shelf.ts';
import type { Announcement } from '../notifications/announcement.ts';
import type { Alongside, JournalLine } from '../store/object-store.ts';
import { toStorageError } from '../disk/storage-error.ts';

export interface FileToPublish {
  readonly bucket: Bucket;
  readonly key: string;
  /** Bytes, or a path whose file is taken over: gone from its place after success. */
  readonly content: string | Uint8Array;
  readonly attributes?: ObjectAttributes | undefined;
  readonly conditions?: WriteConditions | undefined;
}

interface PublishOptions {
  readonly reason: string;
  readonly origin: Origin;
  /** Written in the commit that decides. */
  readonly alongside?: Alongside | undefined;
}

export class Publication {
  readonly #shelf: Shelf;
  readonly #objects: Objects;
  readonly #notices: ObjectNotices;
  readonly #log: Log;

  constructor(shelf: Shelf, objects: Objects, notices: ObjectNotices, log: Log) {
    this.#shelf = shelf;
    this.#objects = objects;
    this.#notices = notices;
    this.#log = log;
  }

  /**
   * All or none.
   * @throws PreconditionFailed (a condition of one file fails all), NoSuchBucket, ServiceUnavailable
   */
  async publish(files: readonly FileToPublish[], options: PublishOptions): Promise<ObjectVersion[]> {
    const { reason, origin, alongside } = options;
    if (files.length === 0 && alongside === undefined) return [];
    const staged: StagedFile[] = [];
    let isDecided = false;
    try {
      for (const file of files) staged.push(await this.#stage(file));
      await Promise.all(staged.map((file) => file.sync()));
      const versions = await this.#publishStaged(files, staged, options, () => {
        isDecided = true;
      });
      for (const { content } of files) if (typeof content === 'string') rmSync(content, { force: true });
      for (const [index, version] of versions.entries()) {
        const bucket = files[index]?.bucket;
        if (bucket) this.#notices.tell({ kind: 'created', bucket, key: version.key, version, reason, origin });
      }
      return versions;
    } catch (error) {
      // Once decided, the staged files belong to the journal: the next start publishes what is left of them.
      if (!isDecided) for (const file of staged) file.discard();
      throw toStorageError(error, files.length === 1 ? `'${files[0]?.key}'` : `${files.length} files`);
    }
  }

  /** Resolves when the files are in place; the keys are held until their names are durable too. */
  #publishStaged(
    files: readonly FileToPublish[],
    staged: readonly StagedFile[],
    options: PublishOptions,
    onDecided: () => void,
  ): Promise<ObjectVersion[]> {
    const inPlace = Promise.withResolvers<ObjectVersion[]>();
    let isInPlace = false;
    const names = files.map(({ bucket, key }) => ({ bucket: bucket.name, key }));
    const durable = this.#shelf.alone(names, () =>
      this.#carryOut(files, staged, {
        ...options,
        onDecided,
        onInPlace: (versions) => {
          isInPlace = true;
          inPlace.resolve(versions);
        },
      }),
    );
    this.#shelf.inBackground(
      durable.catch((error: unknown) => {
        if (isInPlace) throw error;
        inPlace.reject(error);
      }),
    );
    return inPlace.promise;
  }

  async #carryOut(
    files: readonly FileToPublish[],
    staged: readonly StagedFile[],
    steps: PublishOptions & {
      onDecided: () => void;
      onInPlace: (versions: ObjectVersion[]) => void;
    },
  ): Promise<void> {
    const planned: PlannedWrite[] = [];
    for (const [index, file] of files.entries()) {
      planned.push(await this.#objects.planWrite({ ...withAttributes(file), staged: staged[index] as StagedFile }));
    }
    const { reason, origin } = steps;
    const owed = planned.flatMap(({ version }, index) => {
      const bucket = files[index]?.bucket;
      return bucket === undefined
        ? []
        : this.#notices.owe({ kind: 'created', bucket, key: version.key, version, reason, origin });
    });
    const entry = {
      kind: 'publish',
      files: planned.map(({ version }) => ({ id: version.id, bucket: version.bucket, key: version.key })),
    } as const;
    this.#shelf.step('planned');
    const rename = async (): Promise<void> => {
      steps.onDecided();
      this.#shelf.step('decided');
      const settle = this.#renameAll(entry.files);
      for (const { replaced } of planned) this.#objects.forgetReplaced(replaced);
      this.#notices.pay(owed);
      steps.onInPlace(planned.map(({ version }) => version));
      await settle();
    };
    await this.#shelf.journaled(entry, { ...mergeChanges(planned), journal: owed }, rename, steps.alongside);
  }

  /** @returns what makes the new names durable */
  #renameAll(files: readonly { id: number; bucket: string; key: string }[]): () => Promise<void> {
    const settles: (() => Promise<void>)[] = [];
    for (const { id, bucket, key } of files) {
      const path = this.#shelf.staging.pathOf(id);
      if (!existsSync(path)) continue;
      settles.push(this.#objects.publish(path, bucket, key).settle);
      this.#shelf.step('renamed');
    }
    return async () => {
      await Promise.all(settles.map((settle) => settle()));
    };
  }

  /** What was decided for a bucket that was deleted since has no place to go. */
  async #publishOrDiscard(files: readonly { id: number; bucket: string; key: string }[]): Promise<void> {
    const isHomeless = (file: { bucket: string }): boolean => !this.#objects.isOpen(file.bucket);
    for (const { id } of files.filter(isHomeless)) this.#shelf.staging.remove(id);
    await this.#renameAll(files.filter((file) => !isHomeless(file)))();
  }

  async #stage(file: FileToPublish): Promise<StagedFile> {
    const { staging, store } = this.#shelf;
    const id = store.nextId();
    if (typeof file.content !== 'string') return staging.write(id, file.content);
    try {
      return await staging.adopt(id, file.content);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      // Another file system: the bytes have to be copied; only a rename within one is atomic.
      copyFileSync(file.content, staging.pathOf(id));
      return staging.open(id);
    }
  }

  /** Ends what a crash interrupted; to be called before anything else touches the lake. */
  async recover(): Promise<void> {
    const { staging, store } = this.#shelf;
    const journal = store.listJournal();
    const decided = new Set(
      journal.flatMap(({ entry }) => (entry.kind === 'publish' ? entry.files.map((file) => file.id) : [])),
    );
    const { ids, strangers } = staging.leftovers();
    store.reserveIds(Math.max(0, ...ids));
    const undecided = ids.filter((id) => !decided.has(id));
    if (undecided.length > 0) await store.apply({ deleteIds: undecided });
    for (const name of [...undecided, ...strangers]) staging.remove(name);
    // What is to be told comes last: whether it came about shows once everything is settled.
    const isNotice = (line: JournalLine): boolean => line.entry.kind === 'notice';
    for (const line of [...journal.filter((one) => !isNotice(one)), ...journal.filter(isNotice)]) {
      const { id, entry } = line;
      try {
        if (entry.kind === 'notice' && !this.#isVoid(entry.announcement, undecided)) {
          await this.#notices.payNow([line]);
          continue;
        }
        if (entry.kind === 'publish') await this.#publishOrDiscard(entry.files);
        else if (entry.kind === 'settle') await this.#shelf.settle(entry.bucket, entry.key);
        await store.apply({ journalDoneIds: [id] });
      } catch (error) {
        this.#log.error('an interrupted change of the lake could not be ended; it is kept for the next start', {
          error,
          entry,
        });
      }
    }
    if (ids.length + journal.length > 0) {
      this.#log.info('the lake took up what was interrupted', { discarded: undecided.length, ended: journal.length });
    }
  }

  /** Whether a crash came before the change that was to be told: an object never came, or what was to go is still there. */
  #isVoid({ kind, bucket, key, rowId }: Announcement, undecided: readonly number[]): boolean {
    if (kind === 'created') return rowId !== undefined && undecided.includes(rowId);
    if (kind !== 'deleted') return false;
    const { file, versions } = this.#shelf.look(bucket, key);
    return rowId === undefined ? file !== undefined : versions.some(({ id }) => id === rowId);
  }
}

function withAttributes(file: FileToPublish): FileToPublish & { attributes: ObjectAttributes } {
  return { ...file, attributes: file.attributes ?? { contentType: contentTypeOf(file.key) } };
}

function mergeChanges(planned: readonly PlannedWrite[]) {
  return {
    insert: planned.flatMap(({ change }) => change.insert ?? []),
    deleteIds: planned.flatMap(({ change }) => change.deleteIds ?? []),
    archiveIds: planned.flatMap(({ change }) => change.archiveIds ?? []),
  };
}
