/** Operations around drift. */
import { pageOf } from '#kernel/paging';
import type { DriftChecks } from '../drift/drift-checks.ts';
import type { ResourceDrift } from '../drift/drift.ts';
import { originOf } from '../origin.ts';
import type { Stacks } from '../stacks.ts';
import type { Operations } from './submission.ts';

export function driftOperations(stacks: Stacks, drifts: DriftChecks): Operations {
  const { read } = stacks.site.store;
  return {
    async DetectStackDrift(input, context) {
      const id = await drifts.detect(input.StackName ?? '', input.LogicalResourceIds ?? [], originOf(context));
      return { StackDriftDetectionId: id };
    },
    async DetectStackResourceDrift(input, context) {
      const { StackName: name = '', LogicalResourceId: logicalId = '' } = input;
      return { StackResourceDrift: wireDrift(await drifts.detectResource(name, logicalId, originOf(context))) };
    },
    DescribeStackDriftDetectionStatus(input) {
      const detection = drifts.get(input.StackDriftDetectionId ?? '');
      return {
        StackId: detection.stackId,
        StackDriftDetectionId: detection.id,
        StackDriftStatus: detection.drift,
        DetectionStatus: detection.status,
        DetectionStatusReason: detection.statusReason,
        DriftedStackResourceCount: detection.driftedCount,
        Timestamp: new Date(detection.startedMs),
      };
    },
    DescribeStackResourceDrifts(input, { scope }) {
      const stack = stacks.getStack(scope, input.StackName ?? '');
      const wanted = input.StackResourceDriftStatusFilters ?? [];
      const all = read
        .listResourceDrifts(stack.id)
        .filter(({ status }) => wanted.length === 0 || wanted.includes(status));
      const { items, nextToken } = pageOf(all, {
        token: input.NextToken,
        sizeMax: input.MaxResults ?? 100,
        key: ({ logicalId }) => [logicalId],
        code: 'ValidationError',
      });
      return { StackResourceDrifts: items.map(wireDrift), NextToken: nextToken };
    },
  };
}

function wireDrift(drift: ResourceDrift) {
  return {
    StackId: drift.stackId,
    LogicalResourceId: drift.logicalId,
    PhysicalResourceId: drift.physicalId,
    ResourceType: drift.type,
    ExpectedProperties: JSON.stringify(drift.expected),
    ActualProperties: drift.actual && JSON.stringify(drift.actual),
    PropertyDifferences: drift.differences.map(({ path, expected, actual, kind }) => ({
      PropertyPath: path,
      ExpectedValue: expected,
      ActualValue: actual,
      DifferenceType: kind,
    })),
    StackResourceDriftStatus: drift.status,
    Timestamp: new Date(drift.checkedMs),
  };
}
