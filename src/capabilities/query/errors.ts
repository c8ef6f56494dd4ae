/** The errors of Athena's API, in its words and codes. */
import { PlatformError } from '#kernel/errors';

export function invalidRequest(message: string, athenaErrorCode?: string): PlatformError {
  return new PlatformError('invalid', 'InvalidRequestException', message, {
    details: athenaErrorCode === undefined ? {} : { AthenaErrorCode: athenaErrorCode },
  });
}

/** Athena answers most absent things with InvalidRequestException; only a few operations know this one. */
export function resourceNotFound(message: string, resourceName: string): PlatformError {
  return new PlatformError('absent', 'ResourceNotFoundException', message, { details: { ResourceName: resourceName } });
}

export function metadataError(message: string): PlatformError {
  return new PlatformError('absent', 'MetadataException', message);
}

/** What the Glue catalog does not have. Clients such as PyAthena read Glue's own code out of the brackets. */
export function metadataNotFound(message: string, requestId: string): PlatformError {
  return metadataError(
    `${message} (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: ${requestId}; Proxy: null)`,
  );
}

export function tooManyRequests(message: string): PlatformError {
  return new PlatformError('throttled', 'TooManyRequestsException', message, {
    details: { Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED' },
  });
}

export function executionNotFound(id: string): PlatformError {
  return invalidRequest(`QueryExecution ${id} was not found`);
}

export function workGroupNotFound(name: string): PlatformError {
  return invalidRequest(`WorkGroup ${name} is not found.`);
}

/**
 * A statement that failed, with Trino's error name as the code: `TABLE_NOT_FOUND`, `DIVISION_BY_ZERO` … It ends up as the
 * reason of a FAILED execution.
 */
export function queryError(code: string, message: string): PlatformError {
  return new PlatformError('invalid', code, message);
}
