/** What a resource under way waits for from outside: an address of its own, and the signals that came to it. */

/** One answer to a custom resource, or one signal to a wait condition. */
export interface CallbackSignal {
  /** Tells one signal from another: a second one with the same id is the same signal again. */
  readonly uniqueId: string;
  readonly status: 'SUCCESS' | 'FAILED';
  readonly reason?: string;
  /** Text for a wait condition; the attributes, as given, for a custom resource. */
  readonly data?: unknown;
  readonly physicalId?: string;
  /** What the custom resource gives as attributes is not to be shown. */
  readonly noEcho?: boolean;
}

export interface Mailbox {
  /** Whose it is: a step of a resource by its token, or a resource by stack and name. */
  readonly owner: string;
  /** The secret part of its address. */
  readonly token: string;
  readonly kind: 'response' | 'signals';
  readonly openedMs: number;
  /** Whether the request that this waits for the answer of was handed over. */
  readonly isSent: boolean;
}

/** Path of the addresses on our own endpoint; no bucket can have this name. */
export const callbackPath = '/_cloudformation/callback/';

/** Limit: 4,096 bytes of answer, as AWS. */
export const signalBytesMax = 4096;

/**
 * Reads what came to an address. An answer that cannot be read counts as a failure, so that nobody waits in vain.
 *
 * Differs from AWS: the ids in an answer are not compared with those of the request; the address alone tells whose it is.
 */
export function parseSignal(kind: Mailbox['kind'], text: string): CallbackSignal {
  const uniqueId = kind === 'response' ? 'response' : undefined;
  const failed = (reason: string): CallbackSignal => ({ uniqueId: uniqueId ?? 'malformed', status: 'FAILED', reason });
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return failed('Response object is not valid JSON.');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return failed('Response is not a JSON object.');
  const { Status: status, Reason: reason, UniqueId: id, Data: data, PhysicalResourceId: physicalId } = body;
  const isFailure = status === (kind === 'response' ? 'FAILED' : 'FAILURE');
  if (status !== 'SUCCESS' && !isFailure) return failed(`Invalid Status '${textOf(status)}'.`);
  if (kind === 'signals' && (typeof id !== 'string' || id === '')) return failed('The signal has no UniqueId.');
  const isBadId = typeof physicalId !== 'string' || physicalId === '' || Buffer.byteLength(physicalId) > 1024;
  if (kind === 'response' && status === 'SUCCESS' && isBadId) return failed('Invalid PhysicalResourceId');
  return {
    uniqueId: uniqueId ?? String(id),
    status: isFailure ? 'FAILED' : 'SUCCESS',
    ...(reason !== undefined && { reason: textOf(reason) }),
    ...(data !== undefined && data !== null && { data: kind === 'signals' ? textOf(data) : data }),
    ...(typeof physicalId === 'string' && { physicalId }),
    ...((body['NoEcho'] === true || body['NoEcho'] === 'true') && { noEcho: true }),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
