/** An event as rules and targets see it: the JSON envelope of EventBridge. */
import { parseExactJson } from '#kernel/exact-json';
import type { PlatformEvent } from '#kernel/events';

export interface EventEnvelope {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** To the second, as AWS writes it. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
  /** Of an event that a replay sends again. */
  readonly 'replay-name'?: string;
}

export function envelopeOf(event: PlatformEvent): EventEnvelope {
  return {
    version: '0',
    id: event.id,
    'detail-type': event.detailType,
    source: event.source,
    account: event.accountId,
    time: `${event.time.toISOString().slice(0, 19)}Z`,
    region: event.region,
    resources: event.resources,
    // What is told inside the process may hold dates and undefined members; what is matched and sent is plain JSON.
    detail: parseExactJson(JSON.stringify(event.detail)) as Record<string, unknown>,
  };
}
