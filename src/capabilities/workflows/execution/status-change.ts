/** `Step Functions Execution Status Change`, as EventBridge gets it. */
import type { PlatformEvent } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import { partsOfScope } from './execution.ts';
import type { Run } from './run.ts';

// Limit: as in AWS, input and output are left out when together they have more than 248 KiB.
const dataMax = 248 * 1024;

export function statusChangeEvent(run: Run): PlatformEvent {
  const { arn, name, scope, revision, input, startedMs } = run.origin;
  const { accountId, region } = partsOfScope(scope);
  const isIncluded = input.text.length + (run.output?.length ?? 0) <= dataMax;
  const isRedrivable = run.status !== 'RUNNING' && run.status !== 'SUCCEEDED';
  return {
    id: newUuid(),
    source: 'aws.states',
    detailType: 'Step Functions Execution Status Change',
    accountId,
    region,
    time: new Date(run.stoppedMs ?? startedMs),
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: revision.machineArn,
      stateMachineVersionArn: revision.versionArn ?? null,
      stateMachineAliasArn: revision.aliasArn ?? null,
      name,
      status: run.status,
      startDate: startedMs,
      stopDate: run.stoppedMs ?? null,
      input: isIncluded ? input.text : null,
      inputDetails: { included: isIncluded },
      output: isIncluded ? (run.output ?? null) : null,
      outputDetails: run.output === undefined ? null : { included: isIncluded },
      error: run.error ?? null,
      cause: run.cause ?? null,
      redriveCount: run.redriveCount,
      redriveDate: run.redrivenMs ?? null,
      redriveStatus: isRedrivable ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
      redriveStatusReason: null,
    },
  };
}
