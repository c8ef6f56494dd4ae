/** What a deployment works with. */
import type { ResourceType } from '#capability';
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { SchemaLookup } from '#languages/template/index';
import type { Stack, StackEvent, StackResource } from '../stack.ts';
import { stackType } from '../stack.ts';
import type { Store } from '../store.ts';

export interface Site {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly dispatcher: Dispatcher;
  readonly schemas: SchemaLookup;
  findType(type: string): ResourceType | undefined;
}

/** Thrown through a run when the platform stops: nothing is recorded, a restart goes on from the journal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

interface EventDetail {
  readonly reason?: string | undefined;
  readonly clientToken?: string | undefined;
  readonly properties?: string | undefined;
}

export function stackEvent(site: Site, stack: Stack, detail: EventDetail = {}): StackEvent {
  return eventOf(site, stack, {
    logicalId: stack.name,
    physicalId: stack.id,
    type: stackType,
    status: stack.status,
    ...detail,
  });
}

export function resourceEvent(site: Site, stack: Stack, resource: StackResource, detail: EventDetail = {}): StackEvent {
  const { logicalId, physicalId = '', type, status } = resource;
  return eventOf(site, stack, { logicalId, physicalId, type, status, ...detail });
}

function eventOf(
  site: Site,
  stack: Stack,
  detail: EventDetail & { logicalId: string; physicalId: string; type: string; status: string },
): StackEvent {
  const { reason, clientToken, properties, ...rest } = detail;
  const { notificationArns } = stack.desired;
  return {
    id: detail.type === stackType && detail.physicalId === stack.id ? newUuid() : `${detail.logicalId}-${newUuid()}`,
    stackId: stack.id,
    stackName: stack.name,
    timeMs: site.clock.nowMs(),
    ...rest,
    ...(reason !== undefined && { reason }),
    ...(clientToken !== undefined && { clientToken }),
    ...(properties !== undefined && { properties }),
    ...(notificationArns.length > 0 && { notificationArns }),
  };
}
