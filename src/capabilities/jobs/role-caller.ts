/** Whom work is done as that names a role: a session of that role. */
import type { Caller } from '#gateway';
import { parseArn } from '#kernel/arn';

/** @param role name or ARN of a role, or of an instance profile of the same name */
export function roleCaller(role: string, accountId: string, session: string): Caller {
  const name = role.startsWith('arn:') ? (parseArn(role).resource.split('/').at(-1) ?? role) : role;
  return {
    kind: 'assumed-role',
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/${name}/${session}`,
    principalId: `${name}:${session}`,
  };
}
