/** `CreationPolicy: { ResourceSignal: { Count, Timeout } }`: what a resource waits for after it was made. */
import { type BoundTemplate, type Resolved, isMapping } from '#languages/template/index';
import { CallbackFailure } from './callback-failure.ts';
import type { SignalPolicy } from './wait-condition.ts';

/** @throws CallbackFailure naming what is wrong with it */
export function signalPolicyOf(bound: BoundTemplate, logicalId: string): SignalPolicy | undefined {
  const policy = bound.creationPolicy(logicalId);
  if (policy === undefined) return undefined;
  const signal = isMapping(policy) ? policy['ResourceSignal'] : undefined;
  if (!isMapping(signal)) throw new CallbackFailure(`The CreationPolicy of ${logicalId} needs a ResourceSignal.`);
  const count = Number(signal['Count'] ?? 1);
  if (!Number.isInteger(count) || count < 1)
    throw new CallbackFailure(`The Count of a ResourceSignal is a whole number from 1.`);
  return { count, timeoutSeconds: secondsOf(signal['Timeout'] ?? 'PT5M') };
}

/** ISO 8601 of hours, minutes and seconds, at most twelve hours. */
function secondsOf(duration: Resolved): number {
  const text = typeof duration === 'string' ? duration : '';
  const [whole, hours = '0', minutes = '0', seconds = '0'] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text) ?? [];
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (whole !== undefined && whole !== 'PT' && total <= 43_200) return total;
  throw new CallbackFailure(`The Timeout '${text}' of a ResourceSignal is a duration such as PT15M, at most PT12H.`);
}
