/** Why a resource step failed, in the words of CloudFormation's events. */
import { type ErrorKind, isPlatformError, messageOf } from '#kernel/errors';
import { isTaken } from './adoption.ts';

/** The error codes that a handler of the CloudFormation registry may answer. */
const handlerCodes: Readonly<Record<ErrorKind, string>> = {
  invalid: 'InvalidRequest',
  absent: 'NotFound',
  conflict: 'ResourceConflict',
  denied: 'AccessDenied',
  throttled: 'Throttling',
  unavailable: 'ServiceInternalError',
  internal: 'InternalFailure',
};

export function failureReason(error: unknown): string {
  if (!isPlatformError(error)) return messageOf(error);
  const handlerCode = isTaken(error) ? 'AlreadyExists' : handlerCodes[error.kind];
  const cause = error.code === handlerCode ? '' : ` (Error Code: ${error.code})`;
  return `Resource handler returned message: "${error.message}${cause}" (HandlerErrorCode: ${handlerCode})`;
}
