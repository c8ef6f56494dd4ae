/** Why a resource that waits for somebody outside has failed, in the words that its event shows. */
import type { ResourceContext } from '#capability';

export class CallbackFailure extends Error {
  override readonly name = 'CallbackFailure';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** Aborted when the step is to end: when the platform stops, or when nobody waits for its outcome any more. */
export function patienceOf({ signal, patience }: ResourceContext): AbortSignal {
  return patience === undefined ? signal : AbortSignal.any([signal, patience]);
}
