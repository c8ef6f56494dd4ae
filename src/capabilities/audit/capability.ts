/** CloudTrail: what was called, by whom, with which answer; in the state and, through trails, in the lake. */
import type { Capability } from '#capability';
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { eventOperations } from './api/events.ts';
import { trailOperations } from './api/trails.ts';
import { Audit } from './audit.ts';
import { auditResources } from './resources.ts';
import { AuditStore } from './store.ts';

export interface AuditParts {
  readonly audit: Audit;
  readonly capability: Capability;
}

export interface CreateAuditOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly dispatcher: () => Dispatcher;
  /** How often trails are delivered; AWS takes about five minutes. */
  readonly deliveryMs?: number;
}

export function createAudit({
  state,
  clock,
  log,
  dispatcher,
  deliveryMs = 5 * 60_000,
}: CreateAuditOptions): AuditParts {
  const store = new AuditStore(state);
  const audit = new Audit({ store, clock, log, dispatcher, deliveryMs });
  const operations = {
    ...eventOperations(audit, store, clock),
    ...trailOperations({ audit, store, clock, dispatcher }),
  };
  return {
    audit,
    capability: {
      name: 'audit',
      apis: [{ service: 'cloudtrail', operations }],
      resources: auditResources,
      start: () => audit.start(),
      stop: () => audit.stop(),
    },
  };
}
