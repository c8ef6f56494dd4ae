/** What an ARN that a caller gives leads to: a machine, one of its versions, or an alias that picks a version. */
import { machineAbsent } from '../errors.ts';
import type { MachineRevision } from '../execution/execution.ts';
import { arnOf, pickRoute, type MachineAlias, type MachineVersion, type Revision } from './machine.ts';
import type { Machines } from './machines.ts';
import { parseStatesArn } from './name.ts';
import type { Pointers } from './pointers.ts';
import type { StoredMachine } from './store.ts';

export interface Target {
  readonly machine: StoredMachine;
  readonly version?: MachineVersion;
  readonly alias?: MachineAlias;
  /** Label of a distributed Map, behind a slash. */
  readonly label?: string;
}

export interface TargetParts {
  readonly machines: Machines;
  readonly pointers: Pointers;
  /** In [0, 1). */
  readonly random: () => number;
}

/** @throws InvalidArn, StateMachineDoesNotExist naming what was asked for */
export function findTarget({ machines, pointers }: TargetParts, arn: string): Target {
  const { scope, parts } = parseStatesArn(arn, 'stateMachine');
  const [labelled = '', qualifier, ...rest] = parts;
  const [name = '', label] = labelled.split('/');
  const machine = machines.find(scope, name);
  if (machine === undefined || rest.length > 0) throw machineAbsent(arn);
  const target = { machine, ...(label !== undefined && { label }) };
  if (qualifier === undefined) return target;
  if (/^\d+$/.test(qualifier)) {
    const version = pointers.findVersion(machine, Number(qualifier));
    if (version === undefined) throw machineAbsent(arn);
    return { ...target, version };
  }
  const alias = pointers.findAlias(machine, qualifier);
  if (alias === undefined) throw machineAbsent(arn);
  return { ...target, alias };
}

/** What an execution of the target runs; an alias picks one of its versions by weight. */
export function revisionToRun(parts: TargetParts, target: Target): MachineRevision {
  const { machine, alias } = target;
  const arn = arnOf(machine);
  const route = alias && pickRoute(alias.routes, parts.random());
  const version = target.version ?? (route && parts.pointers.findVersion(machine, route.version));
  if (alias !== undefined && version === undefined) throw machineAbsent(`${arn}:${alias.name}`);
  const revision = version?.revision ?? machine.revision;
  return {
    machineArn: arn,
    machineName: machine.name,
    type: machine.type,
    roleArn: revision.roleArn,
    revisionId: revisionKey(machine, revision),
    definition: revision.definition,
    logging: revision.logging,
    tracing: revision.tracing,
    ...(version !== undefined && { versionArn: `${arn}:${version.number}` }),
    ...(alias !== undefined && { aliasArn: `${arn}:${alias.name}` }),
  };
}

/** Tells revisions apart for ever: a machine made again under the same name has another id. */
export function revisionKey(machine: StoredMachine, revision: Revision): string {
  return `${machine.id}.${revision.sequence}`;
}
