import type { SFN } from '@aws-sdk/client-sfn';
import type { HandlersOf } from '#gateway';
import { machineAbsent } from '../errors.ts';
import type { Execution } from '../execution/execution.ts';
import {
  arnOf,
  loggingOff,
  ownedKey,
  tracingOff,
  type EncryptionConfiguration,
  type LoggingConfiguration,
  type Revision,
} from '../machines/machine.ts';
import { parsePublication } from '../machines/machines.ts';
import { parseStatesArn } from '../machines/name.ts';
import { findTarget, type Target } from '../machines/targets.ts';
import { variableReferences } from '../machines/variable-references.ts';
import { tagsOf } from './tags.ts';
import { pageBy } from './paging.ts';
import type { Face } from './face.ts';

export function machineOperations(face: Face): HandlersOf<SFN> {
  const { machines } = face;
  return {
    async CreateStateMachine(input, { scope }) {
      const { machine, version, nowMs } = await machines.create({
        scope,
        name: input.name ?? '',
        type: input.type ?? 'STANDARD',
        definition: input.definition ?? '',
        roleArn: input.roleArn ?? '',
        logging: loggingOf(input.loggingConfiguration) ?? loggingOff,
        tracing: tracingOf(input.tracingConfiguration) ?? tracingOff,
        encryption: (input.encryptionConfiguration as EncryptionConfiguration | undefined) ?? ownedKey,
        tags: tagsOf(input.tags),
        publication: parsePublication(input.publish, input.versionDescription),
      });
      return {
        stateMachineArn: arnOf(machine),
        creationDate: new Date(nowMs),
        ...(version !== undefined && { stateMachineVersionArn: `${arnOf(machine)}:${version.number}` }),
      };
    },
    async UpdateStateMachine(input) {
      const { machine } = findTarget(face, input.stateMachineArn ?? '');
      const changed = await machines.update(
        machine.scope,
        machine.name,
        {
          definition: input.definition,
          roleArn: input.roleArn,
          logging: loggingOf(input.loggingConfiguration),
          tracing: tracingOf(input.tracingConfiguration),
          encryption: input.encryptionConfiguration as EncryptionConfiguration | undefined,
        },
        parsePublication(input.publish, input.versionDescription),
      );
      const { revisionId } = changed.machine.revision;
      return {
        updateDate: new Date(changed.nowMs),
        ...(revisionId !== undefined && { revisionId }),
        ...(changed.version !== undefined && {
          stateMachineVersionArn: `${arnOf(machine)}:${changed.version.number}`,
        }),
      };
    },
    async DeleteStateMachine(input) {
      const { scope, parts } = parseStatesArn(input.stateMachineArn ?? '', 'stateMachine');
      await face.deletions.delete(scope, parts[0] ?? '');
      return {};
    },
    DescribeStateMachine(input) {
      const target = findTarget(face, input.stateMachineArn ?? '');
      return wireMachine(target, input.includedData);
    },
    DescribeStateMachineForExecution(input) {
      return wireForExecution(face, face.executions.getExecution(input.executionArn ?? ''), input.includedData);
    },
    ListStateMachines(input, { scope }) {
      const page = pageBy(machines.list(scope), input, (machine) => [machine.name]);
      return {
        stateMachines: page.items.map((machine) => ({
          stateMachineArn: arnOf(machine),
          name: machine.name,
          type: machine.type,
          creationDate: new Date(machine.createdMs),
        })),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
  };
}

function wireMachine({ machine, version, alias, label }: Target, includedData: string | undefined) {
  if (alias !== undefined) throw machineAbsent(`${arnOf(machine)}:${alias.name}`);
  const arn = arnOf(machine);
  const { description } = version ?? {};
  return {
    stateMachineArn: version === undefined ? arn : `${arn}:${version.number}`,
    name: machine.name,
    status: machine.status,
    type: machine.type,
    creationDate: new Date((version ?? machine).createdMs),
    ...(description !== undefined && { description }),
    ...(label !== undefined && { label }),
    ...wireRevision(version?.revision ?? machine.revision, includedData),
  };
}

/** The members that are a revision's own; data-less when the caller may see metadata only. */
function wireRevision(revision: Omit<Revision, 'sequence' | 'createdMs'>, includedData: string | undefined) {
  const { definition, revisionId } = revision;
  const references = includedData === 'METADATA_ONLY' ? undefined : variableReferences(definition);
  return {
    roleArn: revision.roleArn,
    loggingConfiguration: revision.logging as object,
    tracingConfiguration: revision.tracing,
    encryptionConfiguration: revision.encryption as never,
    // With METADATA_ONLY AWS leaves the definition empty, since the member is required.
    definition: includedData === 'METADATA_ONLY' ? '' : definition,
    ...(revisionId !== undefined && { revisionId }),
    ...(references !== undefined && { variableReferences: references }),
  };
}

/** The machine as it was when the execution started, whatever became of it since. */
function wireForExecution(face: Face, execution: Execution, includedData: string | undefined) {
  const { revision: pinned, mapRunArn } = execution;
  const [name = '', label] = pinned.machineName.split('/');
  const kept = face.machines.findRevision(pinned.revisionId);
  const revision = kept ?? {
    definition: pinned.definition,
    roleArn: pinned.roleArn,
    logging: { ...loggingOff, ...pinned.logging },
    tracing: { ...tracingOff, ...pinned.tracing },
    encryption: ownedKey,
  };
  return {
    stateMachineArn: pinned.machineArn,
    name,
    updateDate: new Date(kept?.createdMs ?? execution.startedMs),
    ...(mapRunArn !== undefined && { mapRunArn }),
    ...(label !== undefined && { label }),
    ...wireRevision({ ...revision, definition: pinned.definition }, includedData),
  };
}

function loggingOf(input: object | undefined): LoggingConfiguration | undefined {
  return input && { ...loggingOff, ...(input as Partial<LoggingConfiguration>) };
}

function tracingOf(input: { enabled?: boolean | undefined } | undefined) {
  return input && { enabled: input.enabled ?? false };
}
