/** CloudTrail's event history. */
import type { CloudTrail } from '@aws-sdk/client-cloudtrail';
import type { HandlersOf } from '#gateway';
import type { Clock } from '#kernel/clock';
import { decodeToken, encodeToken } from '#kernel/paging';
import type { Audit } from '../audit.ts';
import { invalidLookup } from '../errors.ts';
import type { AuditStore, EventFilter, StoredEvent } from '../store.ts';

export function eventOperations(audit: Audit, store: AuditStore, clock: Clock): HandlersOf<CloudTrail> {
  return {
    async LookupEvents(input, { accountId, region }) {
      await audit.flush();
      const sizeMax = input.MaxResults ?? 50;
      const filter: EventFilter = {
        accountId,
        region,
        fromMs: input.StartTime?.getTime() ?? 0,
        toMs: input.EndTime?.getTime() ?? clock.nowMs(),
        ...(input.NextToken === undefined
          ? {}
          : { beforeSeq: Number(decodeToken(input.NextToken, 'InvalidNextTokenException')[0]) }),
        ...attributeFilter(input.LookupAttributes?.[0]),
      };
      const events = store.lookup(filter, sizeMax + 1);
      const page = events.slice(0, sizeMax);
      const last = page.at(-1);
      return {
        Events: page.map(eventOf),
        ...(events.length > sizeMax && last !== undefined ? { NextToken: encodeToken([last.seq]) } : {}),
      };
    },
  };
}

function attributeFilter(
  attribute: { AttributeKey?: string | undefined; AttributeValue?: string | undefined } | undefined,
): Partial<EventFilter> {
  if (attribute === undefined) return {};
  const value = attribute.AttributeValue ?? '';
  switch (attribute.AttributeKey) {
    case 'EventId':
      return { match: ['id', value] };
    case 'EventName':
      return { match: ['name', value] };
    case 'EventSource':
      return { match: ['source', value] };
    case 'Username':
      return { match: ['user', value] };
    case 'AccessKeyId':
      return { match: ['access_key', value] };
    case 'ReadOnly':
      return { match: ['read_only', value === 'true' ? 1 : 0] };
    case 'ResourceType':
    case 'ResourceName':
      return { resource: value };
    default:
      throw invalidLookup(attribute.AttributeKey ?? '');
  }
}

function eventOf({ timeMs, user, accessKey, record }: StoredEvent) {
  return {
    EventId: record.eventID,
    EventName: record.eventName,
    ReadOnly: String(record.readOnly),
    AccessKeyId: accessKey,
    EventTime: new Date(timeMs),
    EventSource: record.eventSource,
    Username: user,
    Resources: (record.resources ?? []).map(({ type, ARN }) => ({
      ResourceType: type,
      ResourceName: ARN.split(':').at(-1),
    })),
    CloudTrailEvent: JSON.stringify(record),
  };
}
