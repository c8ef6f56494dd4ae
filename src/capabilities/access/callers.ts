/** Who calls: the account itself, a session of a role, or a service on its own behalf. */
import type { Caller } from '#gateway';
import { findArn, formatArn } from '#kernel/arn';

export function rootCaller(accountId: string, accessKeyId?: string): Caller {
  const arn = formatArn({ service: 'iam', region: '', accountId, resource: 'root' });
  return {
    kind: 'root',
    accountId,
    arn,
    principalId: accountId,
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
  };
}

/**
 * A session of a role.
 * @param role name or ARN of a role, or of an instance profile of the same name; an ARN's own account wins
 * @param session its name; the first 64 characters count
 */
export function roleCaller(role: string, accountId: string, session: string): Caller {
  const arn = findArn(role);
  const name = (arn?.resource ?? role).split('/').at(-1) ?? role;
  const owner = arn === undefined || arn.accountId === '' ? accountId : arn.accountId;
  const sessionName = session.slice(0, 64);
  return {
    kind: 'assumed-role',
    accountId: owner,
    arn: `arn:aws:sts::${owner}:assumed-role/${name}/${sessionName}`,
    principalId: `${name}:${sessionName}`,
  };
}

/** @param service such as `glue.amazonaws.com` */
export function serviceCaller(service: string, accountId: string): Caller {
  return { kind: 'service', accountId, arn: service, principalId: service };
}
