/** SignalResource: a signal to a resource under way that has a CreationPolicy. */
import type { Mailboxes } from '../callbacks/mailboxes.ts';
import { signalOwner } from '../callbacks/wait-condition.ts';
import { invalid, resourceAbsent } from '../errors.ts';
import type { Stacks } from '../stacks.ts';
import type { Operations } from './submission.ts';

export function signalOperations(stacks: Stacks, mailboxes: Mailboxes): Operations {
  return {
    async SignalResource(input, { scope }) {
      const { LogicalResourceId: logicalId = '', UniqueId: uniqueId = '', Status: status } = input;
      const stack = stacks.getStack(scope, input.StackName ?? '');
      const row = stacks.site.store.read.findResource(stack.id, logicalId);
      if (row === undefined) throw resourceAbsent(logicalId, stack.name);
      if (row.status !== 'CREATE_IN_PROGRESS') {
        throw invalid(`Resource ${logicalId} is in ${row.status} state and can not be signaled`);
      }
      await mailboxes.post(signalOwner(stack.id, logicalId), {
        uniqueId,
        status: status === 'SUCCESS' ? 'SUCCESS' : 'FAILED',
      });
      return {};
    },
  };
}
