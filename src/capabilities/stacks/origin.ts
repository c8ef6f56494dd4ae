/** Where a request comes from: kept with an operation, so that it goes on in its name after a restart. */
import type { Caller, InternalCall, RequestContext } from '#gateway';
import { accountOf } from './stack.ts';

export interface Origin {
  readonly caller: Caller;
  readonly accountId: string;
  readonly region: string;
  /** `account/region` */
  readonly scope: string;
}

export function originOf(context: RequestContext): Origin {
  const { caller, accountId, region, scope } = context;
  return { caller, accountId, region, scope };
}

/** The origin behind an operation that was kept. */
export function originOfScope(scope: string, caller: Caller): Origin {
  return { caller, ...accountOf(scope), scope };
}

export function callAs(origin: Origin): InternalCall {
  return { caller: origin.caller, region: origin.region, invokedBy: 'cloudformation.amazonaws.com' };
}
