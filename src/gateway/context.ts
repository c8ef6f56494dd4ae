/** The context that a handler sees, from a request over the wire or a call from inside. */
import type { Caller, Payload, RequestContext } from './api.ts';

export type ContextParts = Omit<RequestContext, 'accountId' | 'scope' | 'signal'> & { readonly signal: AbortSignal };

export function createContext(parts: ContextParts): RequestContext {
  const { accountId } = parts.caller;
  return { ...parts, accountId, scope: `${accountId}/${parts.region}` };
}

export const anonymousCaller: Caller = {
  kind: 'anonymous',
  accountId: 'anonymous',
  arn: '*',
  principalId: 'AWSAccount:anonymous',
};

/** Calls from inside have no body of their own. */
export const noPayload: Payload = { decodedSizeBytes: undefined, trailers: () => ({}) };

/** Old S3 clients and global endpoints name regions that are none. */
export function realRegion(region: string): string {
  return region === 'US' || region === 'aws-global' ? 'us-east-1' : region;
}
