import type { EventBridge, PutEventsRequestEntry, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import type { HandlersOf, RequestContext } from '#gateway';
import type { Clock } from '#kernel/clock';
import { isPlatformError } from '#kernel/errors';
import { isJsonObject, levelsOf, parseExactJson } from '#kernel/exact-json';
import type { EventHub, PlatformEvent } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import type { State } from '#kernel/state';
import { compileEventPattern } from '#languages/event-pattern/event-pattern';
import { busAddress, defaultBus, type BusAddress } from '../buses/bus.ts';
import type { Buses } from '../buses/buses.ts';
import { busAbsent, validation } from '../errors.ts';
import { envelopeOf } from '../event.ts';
import type { Deliveries } from '../targets/deliveries.ts';

// Limit: the entries of one PutEvents count at most 1,048,576 bytes together.
const entriesBytesMax = 1_048_576;
/** What the time of an entry counts. */
const timeBytes = 14;
// Limit: an event has at most 1,000 levels.
const levelsMax = 1000;

export interface EventParts {
  readonly state: State;
  readonly clock: Clock;
  readonly events: EventHub;
  readonly buses: Buses;
  readonly deliveries: Deliveries;
}

interface Accepted {
  readonly address: BusAddress;
  readonly event: PlatformEvent;
}

export function eventOperations(parts: EventParts): HandlersOf<EventBridge> {
  return {
    async PutEvents(input, context) {
      const sizeBytes = (input.Entries ?? []).reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (sizeBytes > entriesBytesMax) {
        throw validation(
          `Total size of the entries in the request is over the limit: ${sizeBytes} bytes of ${entriesBytesMax}.`,
        );
      }
      const checked = (input.Entries ?? []).map((entry) => checkEntry(entry, context, parts));
      const accepted = checked.filter((one): one is Accepted => 'event' in one);
      if (accepted.length > 0) await put(accepted, parts);
      const Entries = checked.map((one) => ('event' in one ? { EventId: one.event.id } : one));
      return { Entries, FailedEntryCount: checked.length - accepted.length };
    },
    TestEventPattern(input) {
      return { Result: compileEventPattern(input.EventPattern ?? '')(parseEvent(input.Event ?? '')) };
    },
  };
}

/** Answers once what the rules want of the events is on disk. */
function put(accepted: readonly Accepted[], { state, events, deliveries }: EventParts): Promise<void> {
  return state.write((db) => {
    for (const { address, event } of accepted) {
      // What is put on the default bus of its own account goes the way of the platform's events, so that all hear of it.
      const isOwn = address.bus === defaultBus && address.scope === `${event.accountId}/${event.region}`;
      if (isOwn) events.record(db, event);
      else deliveries.recordOn(db, address, envelopeOf(event));
    }
  });
}

/** One bad entry does not keep the others back. */
function checkEntry(
  entry: PutEventsRequestEntry,
  { accountId, region, scope }: RequestContext,
  { buses, clock }: EventParts,
): Accepted | PutEventsResultEntry {
  const problem = problemOf(entry);
  if (problem !== undefined) return problem;
  try {
    const address = busAddress(entry.EventBusName, scope);
    // Differs from AWS: an entry for a bus that is not there is refused, not taken and dropped.
    if (!buses.has(address)) throw busAbsent(address.bus);
    const event = {
      id: newUuid(),
      source: entry.Source ?? '',
      detailType: entry.DetailType ?? '',
      accountId,
      region,
      time: entry.Time ?? clock.now(),
      resources: entry.Resources ?? [],
      detail: parseExactJson(entry.Detail ?? '{}') as Record<string, unknown>,
    };
    return { address, event };
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return refusal(error.code, error.message);
  }
}

/** As "Calculating PutEvents event entry size" of the user guide counts. */
function sizeOf({ Time, Source = '', DetailType = '', Detail = '', Resources = [] }: PutEventsRequestEntry): number {
  const bytes = [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return Time === undefined ? bytes : bytes + timeBytes;
}

function problemOf(entry: PutEventsRequestEntry): PutEventsResultEntry | undefined {
  const { Source = '', DetailType = '', Detail = '' } = entry;
  const missing = (name: string): PutEventsResultEntry =>
    refusal('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
  if (Source === '') return missing('Source');
  if (DetailType === '') return missing('DetailType');
  if (Detail === '') return missing('Detail');
  if (/^(?:aws|millpond)\./.test(Source)) {
    return refusal(
      'NotAuthorizedForSourceException',
      `Not authorized for the source ${Source}. Choose one that starts with neither 'aws.' nor 'millpond.'.`,
    );
  }
  if (levelsOf(Detail) > levelsMax) {
    return refusal('MalformedDetail', `Detail is malformed. It has more than ${levelsMax} levels.`);
  }
  return isJsonObject(Detail)
    ? undefined
    : refusal('MalformedDetail', 'Detail is malformed. Give the JSON text of an object.');
}

function refusal(ErrorCode: string, ErrorMessage: string): PutEventsResultEntry {
  return { ErrorCode, ErrorMessage };
}

function parseEvent(text: string): object {
  if (levelsOf(text) > levelsMax || !isJsonObject(text))
    throw validation('Parameter Event is not valid: give the JSON text of an event.');
  const event = JSON.parse(text) as Record<string, unknown>;
  const missing = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'].find(
    (name) => !(name in event),
  );
  if (missing !== undefined) throw validation(`Parameter Event is not valid: it has no member '${missing}'.`);
  return event;
}
