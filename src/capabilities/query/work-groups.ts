/** Work groups and what belongs to them: named queries and prepared statements. */
import { createHash } from 'node:crypto';
import type { Clock } from '#kernel/clock';
import { newUuid } from '#kernel/ids';
import { parseStatement } from '#languages/sql/index';
import { isPlatformError } from '#kernel/errors';
import { invalidRequest, resourceNotFound, workGroupNotFound } from './errors.ts';
import type { NamedQuery, PreparedStatement } from './record.ts';
import type { ExecutionStore } from './store/executions.ts';
import type { RecordAccess, RecordStore } from './store/records.ts';
import {
  checkConfiguration,
  newPrimary,
  primaryWorkGroup,
  type WorkGroup,
  type WorkGroupConfiguration,
} from './work-group.ts';

export interface WorkGroupsOptions {
  /** Where the primary work group's results go until it is told otherwise. */
  readonly resultLocation?: string | undefined;
}

export class WorkGroups {
  readonly #records: RecordStore;
  readonly #executions: ExecutionStore;
  readonly #clock: Clock;
  readonly #primary: WorkGroup;

  constructor(parts: { records: RecordStore; executions: ExecutionStore; clock: Clock; options: WorkGroupsOptions }) {
    this.#records = parts.records;
    this.#executions = parts.executions;
    this.#clock = parts.clock;
    this.#primary = newPrimary(parts.clock.nowMs(), parts.options.resultLocation);
  }

  /** @throws InvalidRequestException */
  get(scope: string, name: string = primaryWorkGroup): WorkGroup {
    return this.#require(this.#records.read, scope, name);
  }

  list(scope: string, after: string, limit: number): WorkGroup[] {
    const groups = this.#records.read.listWorkGroups(scope, after, limit);
    const lacksPrimary =
      after < primaryWorkGroup && this.#records.read.findWorkGroup(scope, primaryWorkGroup) === undefined;
    const all = lacksPrimary ? [...groups, this.#primary] : groups;
    return all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limit);
  }

  /** @throws InvalidRequestException when the name is taken or a setting is wrong */
  async create(
    scope: string,
    input: {
      name: string;
      description?: string | undefined;
      configuration: WorkGroupConfiguration;
      tags?: readonly { key: string; value: string }[];
      arn: string;
    },
  ): Promise<void> {
    checkConfiguration(input.configuration);
    await this.#records.write((records) => {
      if (input.name === primaryWorkGroup || records.findWorkGroup(scope, input.name) !== undefined) {
        throw invalidRequest(`WorkGroup ${input.name} is already created`);
      }
      const { name, description, configuration } = input;
      records.putWorkGroup(scope, {
        name,
        description,
        state: 'ENABLED',
        createdMs: this.#clock.nowMs(),
        configuration,
      });
      for (const { key, value } of input.tags ?? []) records.putTag(scope, input.arn, key, value);
    });
  }

  /** @throws InvalidRequestException */
  async update(scope: string, name: string, change: (group: WorkGroup) => WorkGroup): Promise<void> {
    await this.#records.write((records) => {
      const next = change(this.#require(records, scope, name));
      checkConfiguration(next.configuration);
      records.putWorkGroup(scope, next);
    });
  }

  /** @param recursive deletes named queries and history with it @throws InvalidRequestException */
  async delete(scope: string, name: string, recursive: boolean, arn: string): Promise<void> {
    if (name === primaryWorkGroup) throw invalidRequest('The primary WorkGroup cannot be deleted.');
    const hasHistory = this.#executions.countOf(scope, name) > 0;
    await this.#records.write((records) => {
      this.#require(records, scope, name);
      const hasRecords =
        records.listNamedQueries(scope, name, '', 1).length + records.listPrepared(scope, name, '', 1).length > 0;
      if (!recursive && (hasRecords || hasHistory)) {
        throw invalidRequest(`WorkGroup ${name} is not empty. Delete its queries, or set RecursiveDeleteOption.`);
      }
      records.deleteWorkGroup(scope, name);
      records.deleteTags(scope, arn);
    });
    await this.#executions.deleteOfGroup(scope, name);
  }

  /** @param token the same token gives the same query */
  async createNamedQuery(scope: string, input: Omit<NamedQuery, 'id'>, token?: string): Promise<string> {
    const id = token === undefined ? newUuid() : idOfToken(token);
    await this.#records.write((records) => {
      this.#require(records, scope, input.workGroup);
      const kept = records.findNamedQuery(scope, id);
      if (
        kept !== undefined &&
        (kept.query !== input.query || kept.name !== input.name || kept.database !== input.database)
      ) {
        throw invalidRequest('Idempotent parameters do not match: the ClientRequestToken was used for another query.');
      }
      records.putNamedQuery(scope, { id, ...input });
    });
    return id;
  }

  findNamedQuery(scope: string, id: string): NamedQuery | undefined {
    return this.#records.read.findNamedQuery(scope, id);
  }

  /** @throws InvalidRequestException */
  getNamedQuery(scope: string, id: string): NamedQuery {
    const query = this.findNamedQuery(scope, id);
    if (query === undefined) throw invalidRequest(`Query ${id} was not found`);
    return query;
  }

  listNamedQueries(scope: string, workGroup: string, after: string, limit: number): NamedQuery[] {
    this.get(scope, workGroup);
    return this.#records.read.listNamedQueries(scope, workGroup, after, limit);
  }

  /** @throws InvalidRequestException */
  async changeNamedQuery(scope: string, id: string, change: (query: NamedQuery) => NamedQuery): Promise<void> {
    await this.#records.write((records) => {
      const query = records.findNamedQuery(scope, id);
      if (query === undefined) throw invalidRequest(`Query ${id} was not found`);
      records.putNamedQuery(scope, change(query));
    });
  }

  /** @throws InvalidRequestException */
  async deleteNamedQuery(scope: string, id: string): Promise<void> {
    await this.#records.write((records) => {
      if (records.findNamedQuery(scope, id) === undefined) throw invalidRequest(`Query ${id} was not found`);
      records.deleteNamedQuery(scope, id);
    });
  }

  findPrepared(scope: string, workGroup: string, name: string): PreparedStatement | undefined {
    return this.#records.read.findPrepared(scope, workGroup, name);
  }

  /** @throws ResourceNotFoundException */
  getPrepared(scope: string, workGroup: string, name: string): PreparedStatement {
    this.get(scope, workGroup);
    const statement = this.findPrepared(scope, workGroup, name);
    if (statement === undefined) throw preparedNotFound(workGroup, name);
    return statement;
  }

  listPrepared(scope: string, workGroup: string, after: string, limit: number): PreparedStatement[] {
    this.get(scope, workGroup);
    return this.#records.read.listPrepared(scope, workGroup, after, limit);
  }

  /** @throws InvalidRequestException when the name is taken, or the text is no statement */
  async createPrepared(scope: string, input: Omit<PreparedStatement, 'modifiedMs'>): Promise<void> {
    checkStatement(input.query);
    await this.#records.write((records) => {
      this.#require(records, scope, input.workGroup);
      if (records.findPrepared(scope, input.workGroup, input.name) !== undefined) {
        throw invalidRequest(`Prepared Statement ${input.name} already exists in WorkGroup ${input.workGroup}`);
      }
      records.putPrepared(scope, { ...input, modifiedMs: this.#clock.nowMs() });
    });
  }

  /** @throws ResourceNotFoundException */
  async changePrepared(scope: string, input: Omit<PreparedStatement, 'modifiedMs'>): Promise<void> {
    checkStatement(input.query);
    await this.#records.write((records) => {
      const current = records.findPrepared(scope, input.workGroup, input.name);
      if (current === undefined) throw preparedNotFound(input.workGroup, input.name);
      records.putPrepared(scope, {
        ...input,
        description: input.description ?? current.description,
        modifiedMs: this.#clock.nowMs(),
      });
    });
  }

  /** What PREPARE does: makes it or replaces it. */
  async putPrepared(scope: string, statement: PreparedStatement): Promise<void> {
    await this.#records.write((records) => records.putPrepared(scope, statement));
  }

  /** @throws ResourceNotFoundException */
  async deletePrepared(scope: string, workGroup: string, name: string): Promise<void> {
    await this.#records.write((records) => {
      if (records.findPrepared(scope, workGroup, name) === undefined) throw preparedNotFound(workGroup, name);
      records.deletePrepared(scope, workGroup, name);
    });
  }

  #require(records: RecordAccess, scope: string, name: string): WorkGroup {
    const group = records.findWorkGroup(scope, name) ?? (name === primaryWorkGroup ? this.#primary : undefined);
    if (group === undefined) throw workGroupNotFound(name);
    return group;
  }
}

function checkStatement(query: string): void {
  try {
    parseStatement(query);
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    throw invalidRequest(error.message, 'MALFORMED_QUERY');
  }
}

function preparedNotFound(workGroup: string, name: string) {
  return resourceNotFound(`PreparedStatement ${name} was not found in WorkGroup ${workGroup}`, name);
}

/** A UUID that is the same for the same token. */
function idOfToken(token: string): string {
  const hex = createHash('sha256').update(token).digest('hex').slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
