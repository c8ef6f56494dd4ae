/** User-defined functions, as records: what a Hive or Spark that shares the catalog wants to know about them. */
import type { Clock } from '#kernel/clock';
import type { State } from '#kernel/state';
import { catalogIdOf, foldName } from '../database.ts';
import { alreadyExists, entityNotFound, invalidInput } from '../errors.ts';
import { requireDatabase } from '../lookup.ts';
import { compileNamePattern } from '../name-pattern.ts';
import { deleteRecord, putRecord, selectRecord, selectRecords } from '../store/records.ts';

export interface UserFunctionInput {
  readonly FunctionName?: string | undefined;
  readonly ClassName?: string | undefined;
  readonly OwnerName?: string | undefined;
  readonly OwnerType?: string | undefined;
  readonly FunctionType?: string | undefined;
  readonly ResourceUris?: { ResourceType?: string | undefined; Uri?: string | undefined }[] | undefined;
  readonly ArtifactLocation?: string | undefined;
}

export interface UserFunction extends UserFunctionInput {
  readonly FunctionName: string;
  readonly DatabaseName: string;
  readonly CatalogId: string;
  readonly CreateTime: Date;
}

export interface UserFunctionQuery {
  /** Every database when absent. */
  readonly database?: string | undefined;
  readonly pattern: string;
  readonly type?: string | undefined;
  readonly after: { readonly parent: string; readonly name: string };
  readonly limit: number;
}

export class UserFunctions {
  readonly #state: State;
  readonly #clock: Clock;

  constructor(parts: { state: State; clock: Clock }) {
    this.#state = parts.state;
    this.#clock = parts.clock;
  }

  /** @throws EntityNotFoundException */
  get(scope: string, database: string, name: string): UserFunction {
    requireDatabase(this.#state.reader, scope, database);
    const found = selectRecord(this.#state.reader, scope, placeIn(database), foldName(name)) as
      | UserFunction
      | undefined;
    if (found === undefined) throw entityNotFound(`Function ${name}`);
    return found;
  }

  /** In the order of database and name. @throws EntityNotFoundException, InvalidInputException for the pattern */
  list(scope: string, query: UserFunctionQuery): UserFunction[] {
    if (query.database !== undefined) requireDatabase(this.#state.reader, scope, query.database);
    const matches = compileNamePattern(query.pattern);
    const parent = query.database === undefined ? undefined : foldName(query.database);
    return (selectRecords(this.#state.reader, scope, { kind: 'function', parent }, query.after, -1) as UserFunction[])
      .filter((found) => matches(found.FunctionName) && (query.type === undefined || found.FunctionType === query.type))
      .slice(0, query.limit);
  }

  /** @throws EntityNotFoundException (database), AlreadyExistsException, InvalidInputException */
  async create(scope: string, database: string, input: UserFunctionInput): Promise<void> {
    const name = nameOf(input);
    const created: UserFunction = {
      ...functionInput(input),
      FunctionName: name,
      DatabaseName: foldName(database),
      CatalogId: catalogIdOf(scope),
      CreateTime: this.#clock.now(),
    };
    await this.#state.write((db) => {
      requireDatabase(db, scope, database);
      if (selectRecord(db, scope, placeIn(database), name)) throw alreadyExists(`Function ${name}`);
      putRecord(db, scope, placeIn(database), name, created);
    });
  }

  /** @throws EntityNotFoundException, AlreadyExistsException when the new name is taken */
  async update(scope: string, database: string, name: string, input: UserFunctionInput): Promise<void> {
    await this.#state.write((db) => {
      requireDatabase(db, scope, database);
      const current = selectRecord(db, scope, placeIn(database), foldName(name)) as UserFunction | undefined;
      if (current === undefined) throw entityNotFound(`Function ${name}`);
      const nextName = input.FunctionName === undefined ? current.FunctionName : nameOf(input);
      if (nextName !== current.FunctionName) {
        if (selectRecord(db, scope, placeIn(database), nextName)) throw alreadyExists(`Function ${nextName}`);
        deleteRecord(db, scope, placeIn(database), current.FunctionName);
      }
      putRecord(db, scope, placeIn(database), nextName, {
        ...functionInput(input),
        FunctionName: nextName,
        DatabaseName: current.DatabaseName,
        CatalogId: current.CatalogId,
        CreateTime: current.CreateTime,
      });
    });
  }

  /** @throws EntityNotFoundException */
  async delete(scope: string, database: string, name: string): Promise<void> {
    await this.#state.write((db) => {
      requireDatabase(db, scope, database);
      if (!deleteRecord(db, scope, placeIn(database), foldName(name))) throw entityNotFound(`Function ${name}`);
    });
  }
}

function placeIn(database: string): { kind: 'function'; parent: string } {
  return { kind: 'function', parent: foldName(database) };
}

function nameOf(input: UserFunctionInput): string {
  if (input.FunctionName === undefined) throw invalidInput('FunctionInput.FunctionName must be given.');
  return foldName(input.FunctionName);
}

function functionInput(input: UserFunctionInput): UserFunctionInput {
  return {
    ClassName: input.ClassName,
    OwnerName: input.OwnerName,
    OwnerType: input.OwnerType,
    FunctionType: input.FunctionType ?? 'REGULAR_FUNCTION',
    ResourceUris: input.ResourceUris,
    ArtifactLocation: input.ArtifactLocation,
  };
}
