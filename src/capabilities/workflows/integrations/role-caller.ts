import type { Caller } from '#gateway';
import { findArn } from '#kernel/arn';
import { partsOfScope } from '../execution/execution.ts';

/** Who a machine's role is when it calls: its session bears the execution's name. */
export function roleCaller(roleArn: string, scope: string, executionName: string): Caller {
  const arn = findArn(roleArn);
  const accountId = arn?.accountId ?? partsOfScope(scope).accountId;
  const role = arn?.resource.split('/').at(-1) ?? 'states';
  const session = executionName.slice(0, 64);
  return {
    kind: 'assumed-role',
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${session}`,
    principalId: `${role}:${session}`,
  };
}
