/** The errors of SQS, by the names of its service model; old clients see the query protocol's codes of the same. */
import { PlatformError } from '#kernel/errors';

function invalid(code: string, message: string): PlatformError {
  return new PlatformError('invalid', code, message);
}

export function queueAbsent(): PlatformError {
  return new PlatformError('absent', 'QueueDoesNotExist', 'The specified queue does not exist.');
}

export function queueExists(attribute: string): PlatformError {
  return new PlatformError(
    'conflict',
    'QueueNameExists',
    `A queue already exists with the same name and a different value for attribute ${attribute}`,
  );
}

/** For a template, which must not take over a queue that is there. */
export function queueTaken(name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'QueueNameExists',
    `A queue of the name ${name} already exists. Choose another name.`,
  );
}

export function badParameter(message: string): PlatformError {
  return invalid('InvalidParameterValue', message);
}

export function badValue(name: string, value: string | number, reason: string): PlatformError {
  return badParameter(`Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
}

export function missing(message: string): PlatformError {
  return invalid('MissingParameter', message);
}

export function unknownAttribute(name: string): PlatformError {
  return invalid('InvalidAttributeName', `Unknown Attribute ${name}.`);
}

export function badAttribute(name: string, why?: string): PlatformError {
  return invalid(
    'InvalidAttributeValue',
    `Invalid value for the parameter ${name}.${why === undefined ? '' : ` Reason: ${why}`}`,
  );
}

export function badContents(): PlatformError {
  return invalid(
    'InvalidMessageContents',
    'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
  );
}

export function badReceipt(handle: string): PlatformError {
  return invalid(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${handle.slice(0, 200)}" is not a valid receipt handle.`,
  );
}

export function receiptExpired(handle: string): PlatformError {
  return badValue('ReceiptHandle', handle, 'The receipt handle has expired.');
}

export function notInFlight(handle: string): PlatformError {
  return badValue('ReceiptHandle', handle, 'Message does not exist or is not available for visibility timeout change.');
}

export function overLimit(message: string): PlatformError {
  return new PlatformError('throttled', 'OverLimit', message);
}

export function unsupported(message: string): PlatformError {
  return invalid('UnsupportedOperation', message);
}

export function resourceAbsent(message: string): PlatformError {
  return new PlatformError('absent', 'ResourceNotFoundException', message);
}

export function badBatch(code: string, message: string): PlatformError {
  return invalid(code, message);
}
