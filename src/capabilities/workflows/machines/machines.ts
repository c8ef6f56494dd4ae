/** The use cases of state machines: definitions and their revisions. Versions and aliases stand in `pointers.ts`. */
import { checkMachine, type Diagnostic } from '#languages/asl/index';
import type { Clock } from '#kernel/clock';
import { newUuid } from '#kernel/ids';
import type { State, Transaction } from '#kernel/state';
import {
  invalidDefinition,
  invalidEncryption,
  invalidLogging,
  machineAbsent,
  machineDeleting,
  machineExists,
  missingParameter,
  tooManyTags,
  validation,
} from '../errors.ts';
import {
  arnOf,
  isSameRevision,
  type EncryptionConfiguration,
  type LoggingConfiguration,
  type MachineConfiguration,
  type MachineType,
  type MachineVersion,
  type Revision,
  type StateMachine,
  type Tags,
} from './machine.ts';
import { checkName, machineArn } from './name.ts';
import { publish, type Publication } from './pointers.ts';
import {
  findMachine,
  findRevision,
  insertMachine,
  insertRevision,
  listMachines,
  markDeleting,
  updateSettings,
  updateTags,
  type StoredMachine,
} from './store.ts';

export interface NewMachine extends MachineConfiguration {
  readonly scope: string;
  readonly name: string;
  readonly type: MachineType;
  readonly tags: Tags;
  readonly publication?: Publication | undefined;
}

export interface Changed {
  readonly machine: StateMachine;
  readonly version?: MachineVersion;
  readonly nowMs: number;
}

const tagsMax = 50;

export class Machines {
  readonly #state: State;
  readonly #clock: Clock;

  constructor(state: State, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  /**
   * Makes a machine, or answers with the one that has the same name, type and configuration.
   * @throws InvalidName, InvalidDefinition, InvalidLoggingConfiguration, StateMachineAlreadyExists, StateMachineDeleting
   */
  async create(wanted: NewMachine): Promise<Changed> {
    checkName(wanted.name);
    await checkDefinition(wanted.definition, wanted.type);
    checkLogging(wanted.logging);
    checkEncryption(wanted.encryption);
    const nowMs = this.#clock.nowMs();
    return this.#state.write((db) => {
      const before = findMachine(db, wanted.scope, wanted.name);
      if (before !== undefined) return repeated(db, before, wanted, nowMs);
      const { scope, name, type, tags } = wanted;
      if (Object.keys(tags).length > tagsMax) throw tooManyTags(machineArn(scope, name));
      insertMachine(db, { scope, name, type, tags, createdMs: nowMs }, wanted);
      const machine = stored(db, scope, name);
      return changed(db, machine, wanted.publication, nowMs);
    });
  }

  /** @throws StateMachineDoesNotExist, StateMachineDeleting, InvalidDefinition, MissingRequiredParameter */
  async update(
    scope: string,
    name: string,
    wanted: { readonly [Member in keyof MachineConfiguration]?: MachineConfiguration[Member] | undefined },
    publication: Publication | undefined,
  ): Promise<Changed> {
    const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length === 0 && publication === undefined) {
      throw missingParameter(
        'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
      );
    }
    const { type } = this.get(scope, name);
    if (wanted.definition !== undefined) await checkDefinition(wanted.definition, type);
    if (wanted.logging !== undefined) checkLogging(wanted.logging);
    if (wanted.encryption !== undefined) checkEncryption(wanted.encryption);
    const nowMs = this.#clock.nowMs();
    return this.#state.write((db) => {
      const before = stored(db, scope, name);
      if (before.status === 'DELETING') throw machineDeleting(arnOf(before));
      const { sequence, revisionId: _revisionId, createdMs: _createdMs, ...configuration } = before.revision;
      const after: MachineConfiguration = { ...configuration, ...given };
      if (!isSameRevision(before.revision, after)) {
        const revision = { ...after, sequence: sequence + 1, revisionId: newUuid(), createdMs: nowMs };
        insertRevision(db, before.id, revision);
      } else {
        updateSettings(db, before.id, sequence, after);
      }
      return changed(db, stored(db, scope, name), publication, nowMs);
    });
  }

  find(scope: string, name: string): StoredMachine | undefined {
    return findMachine(this.#state.reader, scope, name);
  }

  /** @throws StateMachineDoesNotExist */
  get(scope: string, name: string): StoredMachine {
    const machine = this.find(scope, name);
    if (machine === undefined) throw machineAbsent(machineArn(scope, name));
    return machine;
  }

  /** The revision that an execution was started from, while its machine is there. @param key of `revisionKey` */
  findRevision(key: string): Revision | undefined {
    const [machineId = 0, sequence = 0] = key.split('.').map(Number);
    return findRevision(this.#state.reader, machineId, sequence);
  }

  list(scope: string): StoredMachine[] {
    return listMachines(this.#state.reader, scope);
  }

  /** @returns the machine whose deletion began; undefined when there is none, which is no error in AWS */
  markDeleting(scope: string, name: string): Promise<StoredMachine | undefined> {
    return this.#state.write((db) => {
      const machine = findMachine(db, scope, name);
      if (machine !== undefined) markDeleting(db, machine.id);
      return machine;
    });
  }

  /** @throws TooManyTags, and `StateMachineDoesNotExist` when there is no such machine */
  changeTags(scope: string, name: string, change: (tags: Tags) => Tags): Promise<void> {
    return this.#state.write((db) => {
      const machine = stored(db, scope, name);
      const tags = change(machine.tags);
      if (Object.keys(tags).length > tagsMax) throw tooManyTags(arnOf(machine));
      updateTags(db, machine.id, tags);
    });
  }
}

function stored(db: Transaction, scope: string, name: string): StoredMachine {
  const machine = findMachine(db, scope, name);
  if (machine === undefined) throw machineAbsent(machineArn(scope, name));
  return machine;
}

function changed(
  db: Transaction,
  machine: StoredMachine,
  publication: Publication | undefined,
  nowMs: number,
): Changed {
  if (publication === undefined) return { machine, nowMs };
  return { machine, nowMs, version: publish(db, machine, publication, nowMs) };
}

/** A second creation: as in AWS, a role or tags that differ are no difference. */
function repeated(db: Transaction, before: StoredMachine, wanted: NewMachine, nowMs: number): Changed {
  const arn = arnOf(before);
  if (before.status === 'DELETING') throw machineDeleting(arn);
  const members = ['definition', 'logging', 'tracing', 'encryption'] as const;
  const isSame = members.every((member) => JSON.stringify(before.revision[member]) === JSON.stringify(wanted[member]));
  if (before.type !== wanted.type || !isSame) throw machineExists(arn);
  return { ...changed(db, before, wanted.publication, nowMs), nowMs: before.createdMs };
}

/** @throws InvalidDefinition with the first error, in AWS's form */
export async function checkDefinition(definition: string, type: MachineType): Promise<void> {
  const { diagnostics } = await checkMachine(definition, { type });
  const error = diagnostics.find(({ severity }) => severity === 'ERROR');
  if (error !== undefined) throw invalidDefinition(describeDiagnostic(error));
}

/** `SCHEMA_VALIDATION_FAILED: … at /States/X`; malformed JSON names its place in the message already. */
export function describeDiagnostic({ code, message, location }: Diagnostic): string {
  const isPlaced = location !== undefined && code !== 'INVALID_JSON_DESCRIPTION';
  return `${code}: ${message}${isPlaced ? ` at ${location}` : ''}`;
}

function checkLogging({ level, destinations = [] }: LoggingConfiguration): void {
  if (destinations.length > 1 || (level !== 'OFF' && destinations.length === 0))
    throw invalidLogging('Must specify exactly one Log Destination.');
  for (const { cloudWatchLogsLogGroup } of destinations) {
    const arn = cloudWatchLogsLogGroup?.logGroupArn ?? '';
    if (!/^arn:[^:]+:logs:[^:]+:\d{12}:log-group:[^:]+:\*$/.test(arn))
      throw invalidLogging('Log Destination is not valid.');
  }
}

function checkEncryption({ type, kmsKeyId, kmsDataKeyReusePeriodSeconds }: EncryptionConfiguration): void {
  if (type === 'CUSTOMER_MANAGED_KMS_KEY' && kmsKeyId === undefined) {
    throw invalidEncryption('kmsKeyId must be set when the type is CUSTOMER_MANAGED_KMS_KEY.');
  }
  if (type === 'AWS_OWNED_KEY' && (kmsKeyId !== undefined || kmsDataKeyReusePeriodSeconds !== undefined)) {
    throw invalidEncryption('A key can only be set when the type is CUSTOMER_MANAGED_KMS_KEY.');
  }
}

/** @throws ValidationException when a description comes without `publish` */
export function parsePublication(
  isPublished: boolean | undefined,
  description: string | undefined,
): Publication | undefined {
  if (isPublished === true) return { description };
  if (description !== undefined) throw validation('Version description can only be set when publish is true');
  return undefined;
}
