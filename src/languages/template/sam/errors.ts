/** What can be wrong with a serverless template, in the words of the Serverless Application Model. */
import type { PlatformError } from '#kernel/errors';
import { validationError } from '../errors.ts';

const prefix =
  'Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document.';

export function serverlessError(logicalId: string, detail: string): PlatformError {
  return validationError(`${prefix} Number of errors found: 1. Resource with id [${logicalId}] is invalid. ${detail}`);
}

export function globalsError(detail: string): PlatformError {
  return validationError(`${prefix} Number of errors found: 1. 'Globals' section is invalid. ${detail}`);
}

export function eventError(logicalId: string, event: string, detail: string): PlatformError {
  return serverlessError(logicalId, `Event with id [${event}] is invalid. ${detail}`);
}
