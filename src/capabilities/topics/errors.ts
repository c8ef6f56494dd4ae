/** The errors of SNS, by the codes that its clients know. */
import { PlatformError } from '#kernel/errors';

export function badParameter(what: string): PlatformError {
  return new PlatformError('invalid', 'InvalidParameter', `Invalid parameter: ${what}`);
}

/** SNS has a code of its own for values of message attributes. */
export function badAttribute(message: string): PlatformError {
  return new PlatformError('invalid', 'ParameterValueInvalid', message);
}

export function topicAbsent(): PlatformError {
  return new PlatformError('absent', 'NotFound', 'Topic does not exist');
}

/** For a template, which must not take over a topic that is there. */
export function topicTaken(arn: string): PlatformError {
  return new PlatformError('conflict', 'InvalidParameter', `The topic ${arn} already exists. Choose another name.`);
}

export function unsupportedProperty(name: string): PlatformError {
  return badParameter(`${name} Reason: it is not served by Millpond. Take the property out of the template.`);
}

export function subscriptionAbsent(): PlatformError {
  return new PlatformError('absent', 'NotFound', 'Subscription does not exist');
}

export function badBatch(code: string, message: string): PlatformError {
  return new PlatformError('invalid', code, message);
}

export function filterTooLarge(message: string): PlatformError {
  return new PlatformError('denied', 'FilterPolicyLimitExceeded', message);
}

export function tagLimitExceeded(): PlatformError {
  return new PlatformError(
    'invalid',
    'TagLimitExceeded',
    'Could not complete request: tag quota of per resource exceeded',
  );
}

/** A delivery that will fail again however often it is tried. */
export function undeliverable(message: string): PlatformError {
  return new PlatformError('invalid', 'Undeliverable', message);
}

/** A delivery that may succeed later. */
export function notDelivered(message: string, cause?: unknown): PlatformError {
  return new PlatformError('unavailable', 'NotDelivered', message, { cause });
}
