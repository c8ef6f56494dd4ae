/** Functions, their versions and aliases: made, changed, published and removed. What runs them is in `invoke/`. */
import type { Clock } from '#kernel/clock';
import { newUuid } from '#kernel/ids';
import { pageOf, type Page } from '#kernel/paging';
import type { Db, State, Transaction } from '#kernel/state';
import { checkAlias, drawVersion, type Alias } from './alias.ts';
import type { CodeStore } from './code/code-store.ts';
import { absent, conflict, functionAbsent, invalidParameter, preconditionFailed } from './errors.ts';
import { functionArn, latest, type FunctionRef } from './function-name.ts';
import { checkConfiguration, type CodeFacts, type FunctionConfiguration, type FunctionVersion } from './function.ts';
import {
  isCodeUsed,
  removeFunction,
  removeVersion,
  selectFunction,
  selectLatest,
  selectUsage,
  selectVersion,
  selectVersions,
  upsertFunction,
  upsertVersion,
  type FunctionRow,
} from './store/functions.ts';
import { removePart, selectPart, selectParts, upsertPart } from './store/parts.ts';

const tagsMax = 50;
/** As in AWS: reserved concurrency must leave this much to the other functions. */
export const accountConcurrency = 1000;
const unreservedMin = 100;

/** What becomes of a function that its own outcome calls again and again. */
export type RecursiveLoop = 'Allow' | 'Terminate';

export interface FunctionsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly codes: CodeStore;
  /** Told of every version that changed or went away, so that its sandboxes end. */
  retire(scope: string, name: string, version: string | undefined): void;
}

export interface NewFunction {
  readonly scope: string;
  readonly name: string;
  readonly configuration: FunctionConfiguration;
  readonly zip: Buffer;
  readonly publish: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export class Functions {
  readonly #parts: FunctionsParts;

  constructor(parts: FunctionsParts) {
    this.#parts = parts;
  }

  /** @throws ResourceConflictException, InvalidParameterValueException */
  async create({ scope, name, configuration, zip, publish, tags }: NewFunction): Promise<FunctionVersion> {
    checkConfiguration(configuration);
    checkTags(tags);
    const taken = (): Error => conflict(`Function already exist: ${name}`);
    // Before the work of unpacking; decided in the write.
    if (selectFunction(this.#reader, scope, name) !== undefined) throw taken();
    return this.#withCode(zip, (code) =>
      this.#parts.state.write((db) => {
        if (selectFunction(db, scope, name) !== undefined) throw taken();
        const version = this.#stamp({ ...configuration, scope, name, version: latest, code });
        const row: FunctionRow = { scope, name, lastVersion: 0, reserved: undefined, tags };
        upsertFunction(db, row);
        upsertVersion(db, version);
        return publish ? this.#publish(db, row, version) : version;
      }),
    );
  }

  async updateCode(
    ref: FunctionRef,
    zip: Buffer,
    options: { publish: boolean; dryRun: boolean; revisionId?: string | undefined; architectures?: readonly string[] },
  ): Promise<FunctionVersion> {
    this.#require(this.#reader, ref);
    return this.#withCode(zip, async (code) => {
      const [changed, before] = await this.#parts.state.write((db) => {
        const [row, head] = this.#require(db, ref);
        checkRevision(head, options.revisionId);
        const { architectures = head.architectures } = options;
        const after = this.#stamp({ ...head, code, architectures });
        if (options.dryRun) return [after, head];
        upsertVersion(db, after);
        return [options.publish ? this.#publish(db, row, after) : after, head];
      });
      if (!options.dryRun) {
        this.#parts.retire(ref.scope, ref.name, latest);
        await this.#dropUnused([before.code.codeId]);
      }
      return changed;
    });
  }

  /** @param change makes the new configuration of `$LATEST` */
  async updateConfiguration(
    ref: FunctionRef,
    change: (before: FunctionVersion) => FunctionConfiguration,
    revisionId: string | undefined,
  ): Promise<FunctionVersion> {
    const changed = await this.#parts.state.write((db) => {
      const [, before] = this.#require(db, ref);
      checkRevision(before, revisionId);
      // What the change takes away must not come back from before.
      const { deadLetterArn: _queue, logGroup: _group, ...fixed } = before;
      const after = this.#stamp({ ...fixed, ...checkConfiguration(change(before)) });
      upsertVersion(db, after);
      return after;
    });
    this.#parts.retire(ref.scope, ref.name, latest);
    return changed;
  }

  /** The whole function, or the version that the reference names. */
  async delete(ref: FunctionRef): Promise<void> {
    const { scope, name, qualifier } = ref;
    if (qualifier === latest) {
      throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
    }
    const codes = await this.#parts.state.write((db) => {
      this.#require(db, ref);
      if (qualifier === undefined) {
        const all = selectVersions(db, scope, name);
        removeFunction(db, scope, name);
        return all.map(({ code }) => code.codeId);
      }
      const user = selectParts(db, 'alias', scope, name).find(
        ({ document }) => document.version === qualifier || qualifier in document.weights,
      );
      if (user !== undefined) {
        throw conflict(`Version ${qualifier} is in use by the alias ${user.qualifier}; point it elsewhere first.`);
      }
      const version = selectVersion(db, scope, name, qualifier);
      removeVersion(db, scope, name, qualifier);
      return version === undefined ? [] : [version.code.codeId];
    });
    this.#parts.retire(scope, name, qualifier);
    await this.#dropUnused(codes);
  }

  /** The version a reference names, through its alias; one of two where the alias shares out. @throws ResourceNotFoundException */
  resolve({ scope, name, qualifier = latest }: FunctionRef): FunctionVersion {
    const version = selectVersion(this.#reader, scope, name, qualifier);
    if (version !== undefined) return version;
    const alias = selectPart(this.#reader, 'alias', scope, name, qualifier);
    const pointed = alias && selectVersion(this.#reader, scope, name, drawVersion(alias));
    if (pointed === undefined)
      throw functionAbsent(functionArn(scope, name, qualifier === latest ? undefined : qualifier));
    return pointed;
  }

  /** The version a reference names, the first one of an alias. @throws ResourceNotFoundException */
  get(ref: FunctionRef): FunctionVersion {
    const { scope, name, qualifier } = ref;
    const alias = qualifier && selectPart(this.#reader, 'alias', scope, name, qualifier);
    return this.resolve(alias ? { ...ref, qualifier: alias.version } : ref);
  }

  /** @throws ResourceNotFoundException */
  row(ref: Pick<FunctionRef, 'scope' | 'name'>): FunctionRow {
    return this.#require(this.#reader, ref)[0];
  }

  find(scope: string, name: string): FunctionRow | undefined {
    return selectFunction(this.#reader, scope, name);
  }

  /** `$LATEST` of every function. @param options.versions with every published version */
  list(scope: string, options: { token: string | undefined; limit: number; versions: boolean }): Page<FunctionVersion> {
    const heads = selectLatest(this.#reader, scope);
    const all = options.versions ? heads.flatMap(({ name }) => selectVersions(this.#reader, scope, name)) : heads;
    return pageOf(all, {
      token: options.token,
      sizeMax: options.limit,
      key: ({ name, version }) => [name, version === latest ? 0 : Number(version)],
      code: 'InvalidParameterValueException',
    });
  }

  listVersions(ref: FunctionRef): FunctionVersion[] {
    this.#require(this.#reader, ref);
    return selectVersions(this.#reader, ref.scope, ref.name);
  }

  /** Publishes `$LATEST`; without a change since the last one, that one is the answer, as in AWS. */
  publish(
    ref: FunctionRef,
    options: { codeSha256?: string | undefined; description?: string | undefined; revisionId?: string | undefined },
  ): Promise<FunctionVersion> {
    return this.#parts.state.write((db) => {
      const [row, head] = this.#require(db, ref);
      checkRevision(head, options.revisionId);
      const sha256 = Buffer.from(head.code.codeId, 'hex').toString('base64');
      if (options.codeSha256 !== undefined && options.codeSha256 !== sha256) {
        throw invalidParameter(
          `CodeSHA256 (${options.codeSha256}) is different from current CodeSHA256 in $LATEST (${sha256}). Please try again with the CodeSHA256 in $LATEST.`,
        );
      }
      return this.#publish(db, row, head, options.description);
    });
  }

  usage(scope: string): { functions: number; codeBytes: number } {
    return selectUsage(this.#reader, scope);
  }

  recursiveLoop({ scope, name }: Pick<FunctionRef, 'scope' | 'name'>): RecursiveLoop {
    return selectPart(this.#reader, 'recursion', scope, name, latest) ?? 'Terminate';
  }

  /** @throws ResourceNotFoundException */
  async setRecursiveLoop(ref: FunctionRef, loop: RecursiveLoop): Promise<void> {
    await this.#parts.state.write((db) => {
      this.#require(db, ref);
      upsertPart(db, 'recursion', ref.scope, ref.name, latest, loop);
    });
  }

  async setReserved(ref: FunctionRef, reserved: number | undefined): Promise<void> {
    await this.#parts.state.write((db) => {
      const [row] = this.#require(db, ref);
      if (reserved !== undefined && accountConcurrency - reserved < unreservedMin) {
        throw invalidParameter(
          `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${unreservedMin}].`,
        );
      }
      upsertFunction(db, { ...row, reserved });
    });
  }

  async changeTags(
    ref: Pick<FunctionRef, 'scope' | 'name'>,
    change: (tags: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.#parts.state.write((db) => {
      const [row] = this.#require(db, ref);
      upsertFunction(db, { ...row, tags: checkTags(change(row.tags)) });
    });
  }

  putAlias(
    ref: FunctionRef,
    name: string,
    make: (before: Alias | undefined) => Omit<Alias, 'name' | 'revisionId'>,
    options: { revisionId?: string | undefined } = {},
  ): Promise<Alias> {
    return this.#parts.state.write((db) => {
      this.#require(db, ref);
      const before = selectPart(db, 'alias', ref.scope, ref.name, name);
      if (options.revisionId !== undefined && before?.revisionId !== options.revisionId) throw preconditionFailed();
      const alias = checkAlias({ ...make(before), name, revisionId: newUuid() });
      for (const version of [alias.version, ...Object.keys(alias.weights)]) {
        if (selectVersion(db, ref.scope, ref.name, version) === undefined) {
          throw functionAbsent(functionArn(ref.scope, ref.name, version));
        }
      }
      upsertPart(db, 'alias', ref.scope, ref.name, name, alias);
      return alias;
    });
  }

  /** @throws ResourceNotFoundException */
  getAlias(ref: FunctionRef, name: string): Alias {
    const alias = selectPart(this.#reader, 'alias', ref.scope, ref.name, name);
    if (alias === undefined) throw absent(`Cannot find alias arn: ${functionArn(ref.scope, ref.name, name)}`);
    return alias;
  }

  listAliases(ref: FunctionRef): Alias[] {
    this.#require(this.#reader, ref);
    return selectParts(this.#reader, 'alias', ref.scope, ref.name).map(({ document }) => document);
  }

  /** Deleting what is not there is no error, as in AWS. */
  async deleteAlias(ref: FunctionRef, name: string): Promise<void> {
    await this.#parts.state.write((db) => {
      this.#require(db, ref);
      removePart(db, 'alias', ref.scope, ref.name, name);
      removePart(db, 'policy', ref.scope, ref.name, name);
      removePart(db, 'async', ref.scope, ref.name, name);
    });
  }

  get #reader(): Db {
    return this.#parts.state.reader;
  }

  /** The function and its `$LATEST`. @throws ResourceNotFoundException */
  #require(db: Db, { scope, name }: Pick<FunctionRef, 'scope' | 'name'>): [FunctionRow, FunctionVersion] {
    const row = selectFunction(db, scope, name);
    const version = selectVersion(db, scope, name, latest);
    if (row === undefined || version === undefined) throw functionAbsent(functionArn(scope, name));
    return [row, version];
  }

  #stamp(version: Omit<FunctionVersion, 'modifiedMs' | 'revisionId'>): FunctionVersion {
    return { ...version, modifiedMs: this.#parts.clock.nowMs(), revisionId: newUuid() };
  }

  #publish(db: Transaction, row: FunctionRow, head: FunctionVersion, description?: string): FunctionVersion {
    const last = row.lastVersion === 0 ? undefined : selectVersion(db, row.scope, row.name, String(row.lastVersion));
    const wanted = { ...head, ...(description !== undefined && { description }) };
    if (last?.publishedFrom === head.revisionId && last.description === wanted.description) return last;
    const version: FunctionVersion = {
      ...wanted,
      version: String(row.lastVersion + 1),
      revisionId: newUuid(),
      publishedFrom: head.revisionId,
    };
    upsertFunction(db, { ...row, lastVersion: row.lastVersion + 1 });
    upsertVersion(db, version);
    return version;
  }

  async #withCode<T>(zip: Buffer, use: (code: CodeFacts) => Promise<T>): Promise<T> {
    const code = await this.#parts.codes.hold(zip);
    try {
      return await use(code);
    } finally {
      this.#parts.codes.letGo(code.codeId);
      await this.#dropUnused([code.codeId]);
    }
  }

  async #dropUnused(codeIds: readonly string[]): Promise<void> {
    for (const codeId of new Set(codeIds)) {
      if (!isCodeUsed(this.#reader, codeId)) await this.#parts.codes.remove(codeId);
    }
  }
}

function checkRevision(version: FunctionVersion, revisionId: string | undefined): void {
  if (revisionId !== undefined && revisionId !== version.revisionId) throw preconditionFailed();
}

function checkTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (Object.keys(tags).length > tagsMax) throw invalidParameter(`A function has at most ${tagsMax} tags.`);
  return tags;
}
