/** The resource types that wait for somebody outside the platform. */
import type { ResourceContext, ResourceType } from '#capability';
import { customResourceType } from '../custom-type.ts';
import { bindDesired } from '../deploy/desired-template.ts';
import type { Stacks } from '../stacks.ts';
import { signalPolicyOf } from './creation-policy.ts';
import { customResource } from './custom-resource.ts';
import type { Mailboxes } from './mailboxes.ts';
import { type SignalPolicy, waitCondition, waitConditionHandle } from './wait-condition.ts';

export function callbackResources(stacks: Stacks, mailboxes: Mailboxes): readonly ResourceType[] {
  const policyOf = ({ accountId, region, stackId, logicalId }: ResourceContext): SignalPolicy | undefined => {
    const stack = stacks.getStack(`${accountId}/${region}`, stackId);
    return signalPolicyOf(bindDesired(stack, stack.desired), logicalId);
  };
  return [
    customResource(customResourceType, mailboxes),
    waitConditionHandle(mailboxes),
    waitCondition(mailboxes, policyOf),
  ];
}
