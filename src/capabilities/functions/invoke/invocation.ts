/** An invocation: what is asked, and what Lambda answers for each way in which it can end. */
import type { FunctionVersion } from '../function.ts';
import { responseBytesMax } from '../runtime/runtime-api.ts';
import type { Outcome } from '../runtime/sandbox.ts';
import { badContent, requestTooLarge } from '../errors.ts';

// Limit: events have at most 6 MiB, asynchronous ones 1 MiB, as in AWS.
export const syncBytesMax = 6_291_456;
export const asyncBytesMax = 1_048_576;

export interface InvocationResult {
  readonly payload: Buffer;
  /** `Unhandled` when the payload tells of an error. */
  readonly functionError?: 'Unhandled';
  readonly executedVersion: string;
  /** The trace header that the function saw: what it causes goes on under it. */
  readonly traceHeader: string;
  /** The end of the log in base64, where it was asked for. */
  readonly logTail?: string;
}

/**
 * @returns the event's JSON; nothing stands for an empty object
 * @throws RequestTooLargeException, InvalidRequestContentException
 */
export function checkPayload(payload: Uint8Array | undefined, limitBytes: number): Uint8Array {
  if (payload === undefined || payload.length === 0) return Buffer.from('{}');
  if (payload.length > limitBytes) throw requestTooLarge(limitBytes);
  try {
    JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch (error) {
    throw badContent((error as Error).message);
  }
  return payload;
}

/** The answer's body and whether it is an error, in Lambda's words. */
export function describeOutcome(
  outcome: Outcome,
  requestId: string,
  version: FunctionVersion,
): { payload: Buffer; isError: boolean } {
  switch (outcome.kind) {
    case 'response':
      return { payload: outcome.body, isError: false };
    case 'error':
      return { payload: outcome.body, isError: true };
    case 'timeout':
      return fault('Sandbox.Timedout', `RequestId: ${requestId} Error: ${timeoutText(version)}`);
    case 'exit':
      return fault('Runtime.ExitError', `RequestId: ${requestId} Error: ${outcome.how}`);
    case 'oversize':
      return fault(
        'Function.ResponseSizeTooLarge',
        `Response payload size exceeded maximum allowed payload size (${responseBytesMax} bytes).`,
      );
  }
}

export function timeoutText({ timeoutSeconds }: FunctionVersion): string {
  return `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
}

/** Lines for the log that the runtime could not write itself. */
export function complaintOf(
  outcome: Outcome,
  requestId: string,
  version: FunctionVersion,
  now: Date,
): string | undefined {
  if (outcome.kind === 'timeout') return `${now.toISOString()} ${requestId} ${timeoutText(version)}`;
  if (outcome.kind !== 'exit') return undefined;
  const why = outcome.reason === 'memory' ? ` (it used more than its ${version.memoryMb} MB of memory)` : '';
  return `RequestId: ${requestId} Error: ${outcome.how}${why}\rRuntime.ExitError`;
}

function fault(errorType: string, errorMessage: string): { payload: Buffer; isError: boolean } {
  return { payload: Buffer.from(JSON.stringify({ errorType, errorMessage })), isError: true };
}
