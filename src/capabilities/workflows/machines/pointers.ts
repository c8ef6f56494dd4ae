/** Versions, which never change, and aliases, which route executions to one version or two. */
import type { Clock } from '#kernel/clock';
import type { State, Transaction } from '#kernel/state';
import { conflict, machineAbsent, machineDeleting, referenceAbsent, validation } from '../errors.ts';
import { arnOf, type MachineAlias, type MachineVersion, type Route, type StateMachine } from './machine.ts';
import { machineArn } from './name.ts';
import {
  findAlias,
  findVersion,
  insertVersion,
  listAliases,
  listVersions,
  putAlias,
  removeAlias,
  removeVersion,
} from './pointer-store.ts';
import { findMachine, type StoredMachine } from './store.ts';

export interface Publication {
  readonly description?: string | undefined;
  /** The revision that the caller means to publish. */
  readonly revisionId?: string | undefined;
}

export interface AliasChange {
  readonly description?: string | undefined;
  readonly routes?: readonly { readonly versionArn: string; readonly weight: number }[] | undefined;
}

// Limit: a machine has at most 1,000 versions and 100 aliases, as in AWS.
const versionsMax = 1000;
const aliasesMax = 100;

/**
 * Publishes the current revision; publishing it again gives the version there is.
 * @throws ConflictException when the revision is another one, or carries another description
 */
export function publish(
  db: Transaction,
  machine: StoredMachine,
  { description, revisionId }: Publication,
  nowMs: number,
): MachineVersion {
  const { revision } = machine;
  if (revisionId !== undefined && revisionId !== (revision.revisionId ?? 'INITIAL')) {
    throw conflict(
      `Failed to publish the State Machine version for revision ${revisionId}. The current State Machine revision is ${revision.revisionId ?? 'INITIAL'}.`,
    );
  }
  const versions = listVersions(db, machine.id);
  const [latest] = versions;
  if (latest?.revision.sequence === revision.sequence) return latest;
  if (versions.length >= versionsMax) throw conflict(`'${arnOf(machine)}' has ${versionsMax} versions already.`);
  const version: MachineVersion = {
    number: machine.versions + 1,
    createdMs: nowMs,
    revision,
    ...(description !== undefined && { description }),
  };
  insertVersion(db, machine.id, version);
  return version;
}

export class Pointers {
  readonly #state: State;
  readonly #clock: Clock;

  constructor(state: State, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  /** @throws StateMachineDoesNotExist, StateMachineDeleting, ConflictException */
  publishVersion(scope: string, name: string, publication: Publication): Promise<MachineVersion> {
    return this.#state.write((db) => publish(db, stored(db, scope, name), publication, this.#clock.nowMs()));
  }

  findVersion(machine: StoredMachine, number: number): MachineVersion | undefined {
    return findVersion(this.#state.reader, machine.id, number);
  }

  /** Newest first. */
  listVersions(machine: StoredMachine): MachineVersion[] {
    return listVersions(this.#state.reader, machine.id);
  }

  /** Deleting what is not there is no error. @throws ConflictException when an alias points at it */
  deleteVersion(scope: string, name: string, number: number): Promise<void> {
    return this.#state.write((db) => {
      const machine = findMachine(db, scope, name);
      if (machine === undefined) return;
      const aliases = listAliases(db, machine.id).filter(({ routes }) =>
        routes.some((route) => route.version === number),
      );
      if (aliases.length > 0) {
        throw conflict(
          `Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [${aliases.map((alias) => alias.name).join(', ')}]`,
        );
      }
      removeVersion(db, machine.id, number);
    });
  }

  findAlias(machine: StoredMachine, name: string): MachineAlias | undefined {
    return findAlias(this.#state.reader, machine.id, name);
  }

  listAliases(machine: StoredMachine): MachineAlias[] {
    return listAliases(this.#state.reader, machine.id);
  }

  /** @throws ConflictException when the name is taken by an alias with other routes; ValidationException, ResourceNotFound */
  createAlias(
    scope: string,
    name: string,
    { description, routes: wanted = [] }: AliasChange,
  ): Promise<{ machine: StateMachine; alias: MachineAlias }> {
    const [first] = wanted;
    if (first === undefined) throw validation('Routing configuration must contain at least one state machine version.');
    const machineName = versionOf(scope, first.versionArn, wanted).machine;
    return this.#state.write((db) => {
      const machine = findMachine(db, scope, machineName);
      if (machine === undefined) throw referenceAbsent();
      const routes = checkRoutes(db, machine, wanted);
      const before = findAlias(db, machine.id, name);
      if (before !== undefined) {
        const isSame = JSON.stringify(before.routes) === JSON.stringify(routes) && before.description === description;
        if (isSame) return { machine, alias: before };
        throw conflict(
          'Failed to create alias because an alias with the same name and a different routing configuration already exists.',
        );
      }
      if (listAliases(db, machine.id).length >= aliasesMax) {
        throw conflict(`'${arnOf(machine)}' has ${aliasesMax} aliases already.`);
      }
      const nowMs = this.#clock.nowMs();
      const alias = {
        name,
        routes,
        createdMs: nowMs,
        updatedMs: nowMs,
        ...(description !== undefined && { description }),
      };
      putAlias(db, machine.id, alias);
      return { machine, alias };
    });
  }

  /** @throws ResourceNotFound, ValidationException */
  updateAlias(scope: string, machineName: string, name: string, change: AliasChange): Promise<MachineAlias> {
    return this.#state.write((db) => {
      const machine = findMachine(db, scope, machineName);
      const before = machine && findAlias(db, machine.id, name);
      if (machine === undefined || before === undefined) throw referenceAbsent();
      const alias = {
        ...before,
        updatedMs: this.#clock.nowMs(),
        ...(change.description !== undefined && { description: change.description }),
        ...(change.routes !== undefined && { routes: checkRoutes(db, machine, change.routes) }),
      };
      putAlias(db, machine.id, alias);
      return alias;
    });
  }

  /** Deleting what is not there is no error. */
  deleteAlias(scope: string, machineName: string, name: string): Promise<void> {
    return this.#state.write((db) => {
      const machine = findMachine(db, scope, machineName);
      if (machine !== undefined) removeAlias(db, machine.id, name);
    });
  }
}

function stored(db: Transaction, scope: string, name: string): StoredMachine {
  const machine = findMachine(db, scope, name);
  if (machine === undefined) throw machineAbsent(machineArn(scope, name));
  if (machine.status === 'DELETING') throw machineDeleting(arnOf(machine));
  return machine;
}

function versionOf(
  scope: string,
  arn: string,
  all: NonNullable<AliasChange['routes']>,
): { machine: string; version: number } {
  const prefix = machineArn(scope, '');
  const [machine = '', version = '', ...rest] = arn.startsWith(prefix) ? arn.slice(prefix.length).split(':') : [];
  if (machine === '' || !/^\d+$/.test(version) || rest.length > 0) {
    const received = all.map((route) => route.versionArn).join(', ');
    throw validation(`Routing configuration must contain state machine version ARNs. Received: [${received}]`);
  }
  return { machine, version: Number(version) };
}

function checkRoutes(db: Transaction, machine: StoredMachine, wanted: NonNullable<AliasChange['routes']>): Route[] {
  const arns = wanted.map((route) => route.versionArn);
  if (new Set(arns).size !== arns.length) {
    throw validation(
      `Routing configuration must contain distinct state machine version ARNs. Received: [${arns.join(', ')}]`,
    );
  }
  const weights = wanted.map((route) => route.weight);
  if (weights.reduce((sum, weight) => sum + weight, 0) !== 100) {
    throw validation(`Sum of routing configuration weights must equal 100. Received: [${weights.join(', ')}]`);
  }
  return wanted.map(({ versionArn, weight }) => {
    const { machine: name, version } = versionOf(machine.scope, versionArn, wanted);
    if (name !== machine.name) {
      throw validation('Routing configuration must contain versions of one state machine only.');
    }
    if (findVersion(db, machine.id, version) === undefined) throw referenceAbsent();
    return { version, weight };
  });
}
