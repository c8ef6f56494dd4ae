/** What can go wrong with trails, in AWS's words. */
import { PlatformError } from '#kernel/errors';

export function trailNotFound(name: string, accountId: string): PlatformError {
  return new PlatformError('absent', 'TrailNotFoundException', `Unknown trail: ${name} for the user: ${accountId}`);
}

export function trailExists(name: string, accountId: string): PlatformError {
  return new PlatformError(
    'conflict',
    'TrailAlreadyExistsException',
    `Trail ${name} already exists for customer: ${accountId}`,
  );
}

export function bucketDoesNotExist(bucket: string): PlatformError {
  return new PlatformError('invalid', 'S3BucketDoesNotExistException', `S3 bucket ${bucket} does not exist!`);
}

export function invalidTrailName(name: string): PlatformError {
  return new PlatformError(
    'invalid',
    'InvalidTrailNameException',
    `'${name}' is not a trail name: 3 to 128 letters, digits, periods, underscores and dashes, starting with a letter or digit.`,
  );
}

export function unsupported(what: string): PlatformError {
  return new PlatformError(
    'invalid',
    'UnsupportedOperationException',
    `Millpond does not support ${what}. Leave it out.`,
  );
}

export function invalidLookup(attribute: string): PlatformError {
  return new PlatformError(
    'invalid',
    'InvalidLookupAttributesException',
    `'${attribute}' cannot be looked up. Use EventId, EventName, ReadOnly, Username, ResourceType, ResourceName, EventSource or AccessKeyId, one at a time.`,
  );
}
