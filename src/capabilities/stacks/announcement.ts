/** Tells the rest of the platform, in the form of EventBridge, that a stack or a resource changed its status. */
import type { EventHub } from '#kernel/events';
import { parseArn } from '#kernel/arn';
import { newUuid } from '#kernel/ids';
import type { Transaction } from '#kernel/state';
import { type StackEvent, stackType } from './stack.ts';

export function announce(events: EventHub, db: Transaction, event: StackEvent): void {
  const { accountId, region } = parseArn(event.stackId);
  const isStack = event.type === stackType && event.physicalId === event.stackId;
  events.record(db, {
    id: newUuid(),
    source: 'aws.cloudformation',
    detailType: `CloudFormation ${isStack ? 'Stack' : 'Resource'} Status Change`,
    accountId,
    region,
    time: new Date(event.timeMs),
    resources: [event.stackId],
    detail: {
      'stack-id': event.stackId,
      ...(!isStack && {
        'logical-resource-id': event.logicalId,
        'physical-resource-id': event.physicalId,
        'resource-type': event.type,
      }),
      'status-details': { status: event.status, 'detailed-status': '', 'status-reason': event.reason ?? '' },
      'client-request-token': event.clientToken ?? '',
    },
  });
}
