/**
 * Where the output of a job's script goes, and what happens to what is there already.
 *
 * Before files are published, the intent is kept: which files, what they replace, whether the run is then done. A crash
 * behind the publication is thus told from one before it, and the next start removes what was replaced and counts the run
 * as succeeded, its bookmark moved, instead of doing its work twice.
 *
 * Limit: between the publication and the removal of what it replaces, a reader may see both.
 */
import type { State } from '#kernel/state';
import { formatS3Uri, type FileCommit, type Lake, type LakeObject } from '#lake';
import type { FilePolicy, OutputFolder } from '#query';
import { scriptFailed } from '../errors.ts';
import type { Arguments } from '../job.ts';
import { findIntent, putIntent, type ObjectAddress } from '../store/outputs.ts';
import type { ScriptWork, SettledWork } from './engine.ts';

export type IfExists = 'refuse' | 'append' | 'overwrite';

/**
 * Reads `--if-exists` and `--overwrite true`. A run that goes on from a bookmark appends when nothing is said.
 * @throws ScriptFailed for another word
 */
export function ifExistsOf(values: Arguments, goesOn: boolean): IfExists {
  const asked = values['--if-exists'];
  if (asked === 'refuse' || asked === 'append' || asked === 'overwrite') return asked;
  if (asked !== undefined) throw scriptFailed(`--if-exists is '${asked}'; write refuse, append or overwrite.`);
  if (values['--overwrite']?.toLowerCase() === 'true') return 'overwrite';
  return goesOn ? 'append' : 'refuse';
}

export class JobOutput implements FilePolicy {
  readonly #state: State;
  readonly #lake: Lake;
  readonly #work: ScriptWork;
  readonly #ifExists: IfExists;
  readonly #isLast: () => boolean;
  /** Keys that are replaced, by address of the folder. */
  readonly #replaced = new Map<string, string[]>();
  readonly #read = new Set<string>();

  /** @param parts.isLast whether the statement that runs now is the script's last */
  constructor(parts: { state: State; lake: Lake; work: ScriptWork; isLast: () => boolean }) {
    const { bookmark, arguments: values } = parts.work;
    this.#state = parts.state;
    this.#lake = parts.lake;
    this.#work = parts.work;
    this.#isLast = parts.isLast;
    this.#ifExists = ifExistsOf(values, bookmark !== undefined && !bookmark.isFirst);
  }

  reads(table: string, object: LakeObject): boolean {
    if (this.#work.bookmark?.isNew(table, object) === false) return false;
    this.#read.add(formatS3Uri(object));
    return true;
  }

  async prepare(folder: OutputFolder): Promise<void> {
    const place = addressOf(folder);
    if (this.#ifExists === 'overwrite' && folder.prefix === '') {
      throw scriptFailed(`The target ${place} is a whole bucket, which is not overwritten. Choose a path in it.`);
    }
    const keys: string[] = [];
    for await (const { key } of this.#lake.listObjects({ ...folder, accountId: this.#work.accountId })) {
      if (this.#ifExists === 'append') return;
      if (this.#ifExists === 'refuse') {
        throw scriptFailed(
          `The target ${place} is not empty: it holds ${key}. Choose a new path, or run the job with --overwrite true or --if-exists append.`,
        );
      }
      keys.push(key);
    }
    this.#replaced.set(place, keys);
  }

  async publish(folder: OutputFolder, files: readonly FileCommit[]): Promise<void> {
    const { bucket } = folder;
    const written = new Set(files.map((file) => file.key));
    const replaced = (this.#replaced.get(addressOf(folder)) ?? [])
      .filter((key) => !written.has(key))
      .map((key) => ({ bucket, key }));
    this.#refuseSources(folder, replaced);
    this.#work.signal.throwIfAborted();
    const [first] = files;
    const bookmark = this.#work.bookmark?.toKeep;
    await this.#state.write((db) =>
      putIntent(db, {
        runId: this.#work.runId,
        replaced,
        isLast: this.#isLast(),
        ...(first !== undefined && { firstFile: { bucket: first.bucket, key: first.key } }),
        ...(bookmark !== undefined && { bookmark }),
      }),
    );
    await this.#lake.commitFiles(files);
    await this.#lake.deleteObjects(replaced);
    if (replaced.length > 0) this.#work.say(`Replaced ${replaced.length} objects in ${addressOf(folder)}.`);
  }

  #refuseSources(folder: OutputFolder, replaced: readonly ObjectAddress[]): void {
    const source = replaced.find((object) => this.#read.has(formatS3Uri(object)));
    if (source === undefined) return;
    throw scriptFailed(
      `The target ${addressOf(folder)} holds ${source.key}, which the script reads: overwriting would delete its own source. Choose another path.`,
    );
  }
}

/** See the head of this file. */
export async function settleOutput(state: State, lake: Lake, runId: string): Promise<SettledWork> {
  const intent = findIntent(state.reader, runId);
  if (intent === undefined) return { isDone: false };
  const isPublished = intent.firstFile === undefined || (await lake.findObject(intent.firstFile)) !== undefined;
  if (!isPublished) return { isDone: false };
  await lake.deleteObjects(intent.replaced);
  return { isDone: intent.isLast, ...(intent.bookmark !== undefined && { bookmark: intent.bookmark }) };
}

function addressOf({ bucket, prefix }: OutputFolder): string {
  return formatS3Uri({ bucket, key: prefix });
}
