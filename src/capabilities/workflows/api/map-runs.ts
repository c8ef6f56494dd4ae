import type { SFN } from '@aws-sdk/client-sfn';
import type { HandlersOf } from '#gateway';
import { validation } from '../errors.ts';
import type { MapRunCounts } from '../execution/execution.ts';
import { parseStatesArn } from '../machines/name.ts';
import type { Face } from './face.ts';
import { sizeOf, withToken } from './paging.ts';

export function mapRunOperations({ executions }: Face): HandlersOf<SFN> {
  return {
    ListMapRuns(input) {
      const arn = input.executionArn ?? '';
      parseStatesArn(arn, 'execution');
      executions.getExecution(arn);
      const page = withToken(() =>
        executions.mapRuns.list(arn, { sizeMax: sizeOf(input.maxResults), token: input.nextToken }),
      );
      return {
        mapRuns: page.items.map((run) => ({
          executionArn: run.executionArn,
          mapRunArn: run.arn,
          stateMachineArn: run.machineArn,
          startDate: new Date(run.startedMs),
          ...(run.stoppedMs !== undefined && { stopDate: new Date(run.stoppedMs) }),
        })),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
    DescribeMapRun(input) {
      const arn = input.mapRunArn ?? '';
      parseStatesArn(arn, 'mapRun');
      const run = executions.mapRuns.get(arn);
      return {
        mapRunArn: run.arn,
        executionArn: run.executionArn,
        status: run.status,
        startDate: new Date(run.startedMs),
        ...(run.stoppedMs !== undefined && { stopDate: new Date(run.stoppedMs) }),
        maxConcurrency: run.maxConcurrency,
        toleratedFailurePercentage: run.toleratedFailurePercentage,
        toleratedFailureCount: run.toleratedFailureCount,
        itemCounts: wireCounts(run.itemCounts),
        executionCounts: wireCounts(run.executionCounts),
        redriveCount: run.redriveCount,
        ...(run.redrivenMs !== undefined && { redriveDate: new Date(run.redrivenMs) }),
      };
    },
    async UpdateMapRun(input) {
      const arn = input.mapRunArn ?? '';
      parseStatesArn(arn, 'mapRun');
      const { maxConcurrency, toleratedFailureCount, toleratedFailurePercentage } = input;
      if ([maxConcurrency, toleratedFailureCount, toleratedFailurePercentage].every((value) => value === undefined)) {
        throw validation(
          'At least one of maxConcurrency, toleratedFailureCount or toleratedFailurePercentage must be specified',
        );
      }
      await executions.mapRuns.update(arn, {
        ...(maxConcurrency !== undefined && { maxConcurrency }),
        ...(toleratedFailureCount !== undefined && { toleratedFailureCount }),
        ...(toleratedFailurePercentage !== undefined && { toleratedFailurePercentage }),
      });
      return {};
    },
  };
}

function wireCounts(counts: MapRunCounts) {
  return { ...counts };
}
