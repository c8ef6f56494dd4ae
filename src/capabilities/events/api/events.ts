import type { EventBridge, PutEventsRequestEntry, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import type { HandlersOf, RequestContext } from '#gateway';
import type { Clock } from '#kernel/clock';
import { isPlatformError } from '#kernel/errors';
import type { EventHub } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import { validation } from '../errors.ts';
import { busArn } from '../event.ts';
import { compileEventPattern } from '../event-pattern.ts';
import { checkBus } from './rules.ts';

// Limit: an entry of PutEvents counts at most 262,144 bytes.
const entryBytesMax = 262_144;

export function eventOperations(events: EventHub, clock: Clock): HandlersOf<EventBridge> {
  return {
    PutEvents(input, context) {
      const results = (input.Entries ?? []).map((entry) => putEvent(entry, context, events, clock));
      return { Entries: results, FailedEntryCount: results.filter((result) => result.ErrorCode !== undefined).length };
    },
    TestEventPattern(input) {
      return { Result: compileEventPattern(input.EventPattern ?? '')(parseEvent(input.Event ?? '')) };
    },
    ListEventBuses(input, { scope }) {
      const isWanted = 'default'.startsWith(input.NamePrefix ?? '');
      return { EventBuses: isWanted ? [{ Name: 'default', Arn: busArn(scope) }] : [] };
    },
    DescribeEventBus(input, { scope }) {
      checkBus(input.Name);
      return { Name: 'default', Arn: busArn(scope) };
    },
  };
}

/** One bad entry does not keep the others back. */
function putEvent(
  entry: PutEventsRequestEntry,
  { accountId, region }: RequestContext,
  events: EventHub,
  clock: Clock,
): PutEventsResultEntry {
  const problem = problemOf(entry);
  if (problem !== undefined) return problem;
  const id = newUuid();
  events.publish({
    id,
    source: entry.Source ?? '',
    detailType: entry.DetailType ?? '',
    accountId,
    region,
    time: entry.Time ?? clock.now(),
    resources: entry.Resources ?? [],
    detail: JSON.parse(entry.Detail ?? '{}') as Record<string, unknown>,
  });
  return { EventId: id };
}

function problemOf(entry: PutEventsRequestEntry): PutEventsResultEntry | undefined {
  const { Source = '', DetailType = '', Detail = '' } = entry;
  if (Source === '')
    return refusal('InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.');
  if (DetailType === '')
    return refusal('InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType is a required argument.');
  if (/^(?:aws|millpond)\./.test(Source)) {
    return refusal(
      'NotAuthorizedForSourceException',
      `Not authorized for the source ${Source}. Choose one that starts with neither 'aws.' nor 'millpond.'.`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(entry)) > entryBytesMax) {
    return refusal('InvalidArgument', `The entry has more than ${entryBytesMax} bytes.`);
  }
  if (!isJsonObject(Detail)) return refusal('MalformedDetail', 'Detail is malformed. Give the JSON text of an object.');
  try {
    checkBus(entry.EventBusName);
    return undefined;
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return refusal(error.code, error.message);
  }
}

function refusal(ErrorCode: string, ErrorMessage: string): PutEventsResultEntry {
  return { ErrorCode, ErrorMessage };
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function parseEvent(text: string): object {
  if (!isJsonObject(text)) throw validation('Parameter Event is not valid: give the JSON text of an event.');
  const event = JSON.parse(text) as Record<string, unknown>;
  const missing = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'].find(
    (name) => !(name in event),
  );
  if (missing !== undefined) throw validation(`Parameter Event is not valid: it has no member '${missing}'.`);
  return event;
}
