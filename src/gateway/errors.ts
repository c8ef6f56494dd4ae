/** The gateway's own refusals, in the words that each family of services uses. */
import { PlatformError } from '#kernel/errors';

/** Which spelling of the common errors a service uses. */
export type ErrorFamily = 'json' | 'query' | 'rest' | 's3';

/** The input cannot be read at all: wrong type, bad syntax, too deep. */
export function unreadable(message: string): PlatformError {
  return new PlatformError('invalid', 'SerializationException', message);
}

export function bodyTooLarge(limitBytes: number): PlatformError {
  return new PlatformError(
    'invalid',
    'RequestEntityTooLarge',
    `The request body is larger than ${limitBytes} bytes; send less in one request.`,
  );
}

export function unknownOperation(family: ErrorFamily, service: string, operation: string): PlatformError {
  const message = `${service} has no operation '${operation}'; check the spelling and the API version.`;
  if (family === 's3') return notServed(family, service, operation);
  return new PlatformError('invalid', family === 'query' ? 'InvalidAction' : 'UnknownOperationException', message);
}

/** A true AWS operation that nobody here serves. */
export function notServed(family: ErrorFamily, service: string, operation: string): PlatformError {
  const message = `Millpond does not serve ${service}:${operation}. See docs/reference/coverage.md.`;
  const codes = { json: 'UnknownOperationException', query: 'InvalidAction', rest: 'UnknownOperationException' };
  return family === 's3'
    ? new PlatformError('unavailable', 'NotImplemented', message)
    : new PlatformError('invalid', codes[family], message);
}

export function unknownService(what: string): PlatformError {
  return new PlatformError(
    'invalid',
    'UnknownOperationException',
    `Millpond does not serve ${what}. See docs/reference/coverage.md.`,
  );
}

export function hostRefused(host: string): PlatformError {
  return new PlatformError(
    'denied',
    'AccessDenied',
    `The host '${host}' is not one of this server's names; start with --host-name to allow it.`,
  );
}

const codes = {
  missing: {
    json: 'MissingAuthenticationTokenException',
    query: 'MissingAuthenticationToken',
    rest: 'MissingAuthenticationTokenException',
    s3: 'AccessDenied',
  },
  incomplete: {
    json: 'IncompleteSignatureException',
    query: 'IncompleteSignature',
    rest: 'IncompleteSignatureException',
    s3: 'AuthorizationHeaderMalformed',
  },
  badQuery: {
    json: 'IncompleteSignatureException',
    query: 'IncompleteSignature',
    rest: 'IncompleteSignatureException',
    s3: 'AuthorizationQueryParametersError',
  },
  unknownKey: {
    json: 'UnrecognizedClientException',
    query: 'InvalidClientTokenId',
    rest: 'UnrecognizedClientException',
    s3: 'InvalidAccessKeyId',
  },
  badSignature: {
    json: 'InvalidSignatureException',
    query: 'SignatureDoesNotMatch',
    rest: 'InvalidSignatureException',
    s3: 'SignatureDoesNotMatch',
  },
  badToken: {
    json: 'UnrecognizedClientException',
    query: 'InvalidClientTokenId',
    rest: 'UnrecognizedClientException',
    s3: 'InvalidToken',
  },
  expiredToken: {
    json: 'ExpiredTokenException',
    query: 'ExpiredToken',
    rest: 'ExpiredTokenException',
    s3: 'ExpiredToken',
  },
  skewed: {
    json: 'InvalidSignatureException',
    query: 'SignatureDoesNotMatch',
    rest: 'InvalidSignatureException',
    s3: 'RequestTimeTooSkewed',
  },
  expiredUrl: {
    json: 'InvalidSignatureException',
    query: 'SignatureDoesNotMatch',
    rest: 'InvalidSignatureException',
    s3: 'AccessDenied',
  },
} as const satisfies Record<string, Record<ErrorFamily, string>>;

export type SignatureFault = keyof typeof codes;

export function signatureError(fault: SignatureFault, family: ErrorFamily, message: string): PlatformError {
  return new PlatformError('denied', codes[fault][family], message);
}

/** Differs from AWS: the message says how to leave Signature Version 2 behind. */
export function oldSignature(): PlatformError {
  return new PlatformError(
    'invalid',
    'InvalidRequest',
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256. ' +
      "(boto3: Config(signature_version='s3v4'); AWS CLI: aws configure set default.s3.signature_version s3v4)",
  );
}
