/** Which HTTP status an error gets, and what the client is told of it. */
import { isPlatformError, type ErrorKind, type PlatformError } from '#kernel/errors';
import type { ErrorFamily } from './errors.ts';
import type { ServiceModel, Shape } from './model/model.ts';
import type { WireError } from './protocols/protocol.ts';

/** Of APIs that speak REST, by the kind of the error. */
export const restStatuses: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  absent: 404,
  conflict: 409,
  denied: 403,
  throttled: 429,
  unavailable: 503,
  internal: 500,
};

const rpcStatuses: Readonly<Record<ErrorKind, number>> = {
  ...restStatuses,
  absent: 400,
  conflict: 400,
  denied: 400,
  throttled: 400,
};

const familyStatuses: Readonly<Record<ErrorFamily, Readonly<Record<ErrorKind, number>>>> = {
  json: rpcStatuses,
  query: { ...rpcStatuses, denied: 403 },
  rest: restStatuses,
  s3: { ...restStatuses, throttled: 503 },
};

/** Codes whose status does not follow from their kind (S3 API Reference, "Error responses"). */
const codeStatuses: Readonly<Record<string, number>> = {
  AuthorizationHeaderMalformed: 400,
  AuthorizationQueryParametersError: 400,
  BucketAlreadyExists: 409,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  ExpiredToken: 400,
  IncompleteSignature: 400,
  InvalidBucketState: 409,
  InvalidObjectState: 403,
  InvalidRange: 416,
  InvalidToken: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NotImplemented: 501,
  NotModified: 304,
  OperationAborted: 409,
  PreconditionFailed: 412,
  RequestTimeout: 400,
  SlowDown: 503,
};

/** @param error anything thrown; what is not a PlatformError tells the client nothing of itself */
export function toWireError(error: unknown, family: ErrorFamily, model: ServiceModel | undefined): WireError {
  if (!isPlatformError(error) || error.kind === 'internal') return internalError(family);
  const shape = model?.findError(error.code);
  const status = statusOf(error, family, modelledStatus(shape, model));
  return {
    code: error.code,
    message: error.message,
    status,
    fault: status < 500 ? 'Sender' : 'Receiver',
    details: error.details,
    shape,
  };
}

/** A status, or that it is the server's fault. Services that once spoke query keep statuses for that protocol alone. */
function modelledStatus(shape: Shape | undefined, model: ServiceModel | undefined): number | undefined {
  const isOldStatus = model?.metadata.awsQueryCompatible !== undefined;
  return (isOldStatus ? undefined : shape?.raw.error?.httpStatusCode) ?? (shape?.raw.fault === true ? 500 : undefined);
}

function statusOf(error: PlatformError, family: ErrorFamily, modelled: number | undefined): number {
  if (error.code === 'RequestEntityTooLarge') return 413;
  return modelled ?? (family === 'json' ? undefined : codeStatuses[error.code]) ?? familyStatuses[family][error.kind];
}

function internalError(family: ErrorFamily): WireError {
  return {
    code: family === 's3' ? 'InternalError' : 'InternalFailure',
    message: 'We encountered an internal error. Please try again; the log has the details under the request id.',
    status: 500,
    fault: 'Receiver',
    details: {},
    shape: undefined,
  };
}
