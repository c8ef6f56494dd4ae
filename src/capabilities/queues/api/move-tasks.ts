import type { SQS } from '@aws-sdk/client-sqs';
import type { HandlersOf } from '#gateway';
import { badValue } from '../errors.ts';
import { formatHandle, type MoveTask } from '../move-task.ts';
import type { MoveTasks } from '../move-tasks.ts';

export function moveTaskOperations(tasks: MoveTasks): HandlersOf<SQS> {
  return {
    async StartMessageMoveTask(input) {
      const rate = input.MaxNumberOfMessagesPerSecond;
      return { TaskHandle: await tasks.begin(input.SourceArn ?? '', input.DestinationArn, rate) };
    },
    async CancelMessageMoveTask(input) {
      return { ApproximateNumberOfMessagesMoved: await tasks.cancel(input.TaskHandle ?? '') };
    },
    ListMessageMoveTasks(input) {
      const max = input.MaxResults ?? 1;
      if (max < 1 || max > 10) throw badValue('MaxResults', max, 'Must be between 1 and 10.');
      return { Results: tasks.list(input.SourceArn ?? '', max).map(wireTask) };
    },
  };
}

function wireTask(task: MoveTask) {
  return {
    // As AWS, only a task that can be cancelled shows its handle.
    ...(task.status === 'RUNNING' && { TaskHandle: formatHandle(task) }),
    Status: task.status,
    SourceArn: task.sourceArn,
    ...(task.destinationArn !== undefined && { DestinationArn: task.destinationArn }),
    ...(task.perSecondMax !== undefined && { MaxNumberOfMessagesPerSecond: task.perSecondMax }),
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    ...(task.failure !== undefined && { FailureReason: task.failure }),
    StartedTimestamp: task.startedMs,
  };
}
