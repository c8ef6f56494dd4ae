/** What can go wrong in IAM and STS, in AWS's words. */
import { PlatformError } from '#kernel/errors';
import type { EntityKind } from './entity.ts';

const titles: Record<EntityKind, string> = {
  user: 'user',
  group: 'group',
  role: 'role',
  policy: 'policy',
  'instance-profile': 'instance profile',
};

export function noSuchEntity(kind: EntityKind, name: string): PlatformError {
  if (kind === 'policy')
    return new PlatformError('absent', 'NoSuchEntity', `Policy ${name} does not exist or is not attachable.`);
  const title = titles[kind];
  const subject = kind === 'instance-profile' ? `Instance Profile ${name}` : `The ${title} with name ${name}`;
  return new PlatformError('absent', 'NoSuchEntity', `${subject} cannot be found.`);
}

export function noSuchPart(what: string): PlatformError {
  return new PlatformError('absent', 'NoSuchEntity', `${what} cannot be found.`);
}

export function entityExists(kind: EntityKind, name: string): PlatformError {
  const title = titles[kind];
  return new PlatformError(
    'conflict',
    'EntityAlreadyExists',
    `${title[0]?.toUpperCase()}${title.slice(1)} with name ${name} already exists.`,
  );
}

export function deleteConflict(why: string): PlatformError {
  return new PlatformError('conflict', 'DeleteConflict', `Cannot delete entity, ${why}`);
}

export function malformedPolicy(why: string): PlatformError {
  return new PlatformError('invalid', 'MalformedPolicyDocument', why);
}

export function limitExceeded(why: string): PlatformError {
  return new PlatformError('conflict', 'LimitExceeded', why);
}

export function invalidInput(why: string): PlatformError {
  return new PlatformError('invalid', 'ValidationError', why);
}

export function assumeDenied(callerArn: string, roleArn: string): PlatformError {
  return new PlatformError(
    'denied',
    'AccessDenied',
    `User: ${callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
  );
}
