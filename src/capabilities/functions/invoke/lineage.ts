/**
 * The chain of functions behind an event, in the trace header that SDKs pass on: a function that its own outcome keeps
 * calling is stopped (Lambda Developer Guide, "Use Lambda recursive loop detection").
 */
import { createHash } from 'node:crypto';
import { newHexId } from '#kernel/ids';

/** What an X-Ray trace header may hold; anything else is not handed on to a runtime. */
const headerPattern = /^[\w=:;,|.\- ]{1,1024}$/;
const rootPattern = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/;
const lineagePattern = /(?:^|;)\s*Lineage=([0-9a-f:|]*)/;
const stepPattern = /^([0-9a-f]{8}):(\d{1,5})$/;

// Limit: a chain of events runs a function at most 16 times, as in AWS, unless PutFunctionRecursionConfig allows more.
export const roundsMax = 16;
/** Functions of a chain that are remembered, the latest ones. */
const stepsMax = 20;

export interface Trace {
  /** For the runtime, with this invocation counted in its lineage. */
  readonly header: string;
  /** How often the chain has come to this function, this time included. */
  readonly rounds: number;
}

/** Of the trace headers of a batch the one that came to the function most often. */
export function busiestTrace(headers: readonly (string | undefined)[], functionArn: string): string | undefined {
  let busiest: string | undefined;
  let roundsBusiest = 0;
  for (const header of new Set(headers)) {
    const { rounds } = continueTrace(header, functionArn, 0);
    if (rounds <= roundsBusiest) continue;
    busiest = header;
    roundsBusiest = rounds;
  }
  return busiest;
}

/** @param received the trace header that came with the event; one that is none begins a new chain */
export function continueTrace(received: string | undefined, functionArn: string, nowMs: number): Trace {
  const header = received !== undefined && headerPattern.test(received) ? received : '';
  const own = createHash('sha256').update(functionArn).digest('hex').slice(0, 8);
  const before = (lineagePattern.exec(header)?.[1] ?? '').split('|').flatMap((text) => {
    const [, id, count] = stepPattern.exec(text) ?? [];
    return id === undefined ? [] : [{ id, count: Number(count) }];
  });
  const rounds = (before.find(({ id }) => id === own)?.count ?? 0) + 1;
  const steps = [...before.filter(({ id }) => id !== own), { id: own, count: rounds }].slice(-stepsMax);
  const lineage = steps.map(({ id, count }) => `${id}:${count}`).join('|');
  const root = rootPattern.exec(header)?.[1] ?? `1-${Math.floor(nowMs / 1000).toString(16)}-${newHexId(12)}`;
  return { header: `Root=${root};Sampled=0;Lineage=${lineage}`, rounds };
}
