/** `Athena Query State Change`, as EventBridge gets it. */
import { newUuid } from '#kernel/ids';
import type { PlatformEvent } from '#kernel/events';
import type { Execution, ExecutionState } from './execution.ts';

const sequence: Readonly<Record<ExecutionState, string>> = {
  QUEUED: '1',
  RUNNING: '2',
  SUCCEEDED: '3',
  FAILED: '3',
  CANCELLED: '3',
};

export function stateChangeEvent(
  scope: string,
  execution: Execution,
  previousState: ExecutionState | undefined,
  time: Date,
): PlatformEvent {
  const [accountId = '', region = ''] = scope.split('/');
  const { error } = execution;
  return {
    id: newUuid(),
    source: 'aws.athena',
    detailType: 'Athena Query State Change',
    accountId,
    region,
    time,
    resources: [],
    detail: {
      versionId: '0',
      currentState: execution.state,
      ...(previousState === undefined ? {} : { previousState }),
      statementType: execution.statementType,
      queryExecutionId: execution.id,
      workgroupName: execution.workGroup,
      sequenceNumber: sequence[execution.state],
      ...(error === undefined
        ? {}
        : {
            athenaError: {
              errorCategory: error.category,
              errorType: error.type,
              errorMessage: error.message,
              retryable: error.retryable,
            },
          }),
    },
  };
}
