/** Operations that show stacks, their resources, events and exports. */
import type { Stack as WireStack, StackEvent as WireEvent, StackSummary } from '@aws-sdk/client-cloudformation';
import { decodeToken, encodeToken, pageOf } from '#kernel/paging';
import { invalid, resourceAbsent, stackAbsent } from '../errors.ts';
import type { Desired, Stack, StackEvent, StackResource } from '../stack.ts';
import type { Stacks } from '../stacks.ts';
import type { Operations } from './submission.ts';

/** Limit: 100 stacks, events, resources or exports a page (as AWS). */
const pageSize = 100;

export function descriptionOperations(stacks: Stacks): Operations {
  return {
    ...listOperations(stacks),
    ...resourceOperations(stacks),
    ...eventOperations(stacks),
    ...exportOperations(stacks),
  };
}

function listOperations(stacks: Stacks): Operations {
  const { read } = stacks.site.store;
  return {
    DescribeStacks(input, { scope }) {
      if (input.StackName !== undefined) return { Stacks: [wireStack(stacks.getStack(scope, input.StackName))] };
      const live = read.listStacks(scope).filter(({ status }) => status !== 'DELETE_COMPLETE');
      const { items, nextToken } = stackPage(live, input.NextToken);
      return { Stacks: items.map(wireStack), NextToken: nextToken };
    },
    ListStacks(input, { scope }) {
      const wanted = input.StackStatusFilter ?? [];
      const all = read.listStacks(scope).filter(({ status }) => wanted.length === 0 || wanted.includes(status));
      const { items, nextToken } = stackPage(all, input.NextToken);
      return { StackSummaries: items.map(wireSummary), NextToken: nextToken };
    },
    DescribeAccountLimits() {
      return {
        AccountLimits: [
          { Name: 'StackLimit', Value: 2000 },
          { Name: 'StackOutputsLimit', Value: 200 },
        ],
      };
    },
  };
}

function resourceOperations(stacks: Stacks): Operations {
  const { read } = stacks.site.store;
  const shown = (stack: Stack): StackResource[] =>
    read
      .listResources(stack.id)
      .filter(
        ({ status }) =>
          stack.status === 'DELETE_COMPLETE' || status !== 'DELETE_COMPLETE' || stack.status.startsWith('ROLLBACK'),
      );
  return {
    DescribeStackResource(input, { scope }) {
      const stack = stacks.getStack(scope, input.StackName ?? '');
      const logicalId = input.LogicalResourceId ?? '';
      const row = read.findResource(stack.id, logicalId);
      if (row === undefined) throw resourceAbsent(logicalId, stack.name);
      return { StackResourceDetail: { ...wireResource(stack, row), Metadata: JSON.stringify(row.metadata ?? {}) } };
    },
    DescribeStackResources(input, { scope }) {
      const { StackName: name, PhysicalResourceId: physicalId, LogicalResourceId: logicalId } = input;
      if ((name === undefined) === (physicalId === undefined)) {
        throw invalid('Give either StackName or PhysicalResourceId.');
      }
      const owner = name ?? read.findStackOfPhysicalId(physicalId ?? '');
      if (owner === undefined) throw invalid(`Stack for ${physicalId} does not exist`);
      const stack = stacks.getStack(scope, owner);
      const rows = shown(stack).filter((row) => logicalId === undefined || row.logicalId === logicalId);
      if (logicalId !== undefined && rows.length === 0) throw resourceAbsent(logicalId, stack.name);
      return {
        StackResources: rows.map((row) => {
          const { LastUpdatedTimestamp: time, ...rest } = wireResource(stack, row);
          return { ...rest, Timestamp: time };
        }),
      };
    },
    ListStackResources(input, { scope }) {
      const stack = stacks.getStack(scope, input.StackName ?? '');
      const rows = shown(stack).sort((a, b) => (a.logicalId < b.logicalId ? -1 : 1));
      const key = (row: StackResource): string[] => [row.logicalId];
      const { items, nextToken } = pageOf(rows, {
        token: input.NextToken,
        sizeMax: pageSize,
        key,
        code: 'ValidationError',
      });
      const summaries = items.map((row) => {
        const { StackId: _id, StackName: _name, ...summary } = wireResource(stack, row);
        return summary;
      });
      return { StackResourceSummaries: summaries, NextToken: nextToken };
    },
  };
}

function eventOperations(stacks: Stacks): Operations {
  const { read } = stacks.site.store;
  return {
    DescribeStackEvents(input, { scope }) {
      const { StackName: name = '' } = input;
      const stack = stacks.findStack(scope, name);
      if (stack === undefined)
        throw name.startsWith('arn:') ? stackAbsent(name) : invalid(`Stack [${name}] does not exist`);
      const [before] = input.NextToken === undefined ? [] : decodeToken(input.NextToken, 'ValidationError');
      const events = read.listEvents(stack.id, pageSize + 1, before === undefined ? undefined : Number(before));
      const page = events.slice(0, pageSize);
      const last = page.at(-1);
      return {
        StackEvents: page.map(wireEvent),
        ...(events.length > pageSize && last !== undefined && { NextToken: encodeToken([last.number]) }),
      };
    },
  };
}

function exportOperations(stacks: Stacks): Operations {
  const { read } = stacks.site.store;
  return {
    ListExports(input, { scope }) {
      const { items, nextToken } = pageOf(read.listExports(scope), {
        token: input.NextToken,
        sizeMax: pageSize,
        key: ({ name }) => [name],
        code: 'ValidationError',
      });
      const exports = items.map(({ name, value, stackId }) => ({
        ExportingStackId: stackId,
        Name: name,
        Value: value,
      }));
      return { Exports: exports, NextToken: nextToken };
    },
    ListImports(input, { scope }) {
      const name = input.ExportName ?? '';
      if (read.findExport(scope, name) === undefined) throw invalid(`Export '${name}' does not exist.`);
      const importers = read.listImporters(scope, name);
      if (importers.length === 0) throw invalid(`Export '${name}' is not imported by any stack.`);
      return { Imports: importers };
    },
  };
}

function stackPage(all: readonly Stack[], token: string | undefined) {
  const key = (stack: Stack): [number, string] => [-stack.createdMs, stack.id];
  return pageOf(all, { token, sizeMax: pageSize, key, code: 'ValidationError' });
}

export function wireStack(stack: Stack): WireStack {
  const { desired, drift } = stack;
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: stack.changeSetId,
    Description: desired.description,
    Parameters: wireParameters(desired),
    CreationTime: new Date(stack.createdMs),
    DeletionTime: dateOf(stack.deletedMs),
    LastUpdatedTime: dateOf(stack.updatedMs),
    RollbackConfiguration: {},
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback: stack.disableRollback,
    NotificationARNs: [...desired.notificationArns],
    TimeoutInMinutes: stack.timeoutMinutes,
    Capabilities: [...desired.capabilities] as NonNullable<WireStack['Capabilities']>,
    Outputs: stack.outputs.map(({ key, value, description, exportName }) => ({
      OutputKey: key,
      OutputValue: value,
      Description: description,
      ExportName: exportName,
    })),
    RoleARN: desired.roleArn,
    Tags: wireTags(desired.tags),
    EnableTerminationProtection: stack.terminationProtection,
    ParentId: stack.parentId,
    RootId: stack.rootId,
    DriftInformation: drift
      ? { StackDriftStatus: drift.status, LastCheckTimestamp: new Date(drift.checkedMs) }
      : { StackDriftStatus: 'NOT_CHECKED' },
  };
}

function wireSummary(stack: Stack): StackSummary {
  const { StackId, StackName, CreationTime, LastUpdatedTime, DeletionTime, StackStatus, ...rest } = wireStack(stack);
  const { StackStatusReason, ParentId, RootId, DriftInformation, Description } = rest;
  return {
    StackId,
    StackName,
    TemplateDescription: Description,
    CreationTime,
    LastUpdatedTime,
    DeletionTime,
    StackStatus,
    StackStatusReason,
    ParentId,
    RootId,
    DriftInformation,
  };
}

/** Secrets are masked; a value of the parameter store is shown beside its name. */
export function wireParameters(desired: Desired) {
  return Object.entries(desired.parameters).map(([key, value]) => {
    if (desired.maskedParameters.includes(key)) return { ParameterKey: key, ParameterValue: '****' };
    const isStored = desired.storedParameters.includes(key);
    return { ParameterKey: key, ParameterValue: value, ...(isStored && { ResolvedValue: desired.stored[value] }) };
  });
}

export function wireTags(tags: Readonly<Record<string, string>>) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function wireResource(stack: Stack, row: StackResource) {
  const { drift } = row;
  return {
    StackId: stack.id,
    StackName: stack.name,
    LogicalResourceId: row.logicalId,
    PhysicalResourceId: row.physicalId,
    ResourceType: row.type,
    LastUpdatedTimestamp: new Date(row.changedMs),
    ResourceStatus: row.status,
    ResourceStatusReason: row.statusReason,
    DriftInformation: drift
      ? { StackResourceDriftStatus: drift.status, LastCheckTimestamp: new Date(drift.checkedMs) }
      : { StackResourceDriftStatus: 'NOT_CHECKED' as const },
  };
}

function wireEvent(event: StackEvent): WireEvent {
  return {
    StackId: event.stackId,
    EventId: event.id,
    StackName: event.stackName,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: new Date(event.timeMs),
    ResourceStatus: event.status as NonNullable<WireEvent['ResourceStatus']>,
    ResourceStatusReason: event.reason,
    ResourceProperties: event.properties,
    ClientRequestToken: event.clientToken,
  };
}

function dateOf(timeMs: number | undefined): Date | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs);
}
