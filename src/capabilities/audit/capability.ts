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
import { managementOnly, type Trail } from './trail.ts';

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
  /** The built-in trail: all management events of the account go to `<bucketPrefix>-<account>`. None unless given. */
  readonly builtIn?: { readonly accountId: string; readonly region: string; readonly bucketPrefix: string };
}

export function createAudit({
  state,
  clock,
  log,
  dispatcher,
  deliveryMs = 5 * 60_000,
  builtIn,
}: CreateAuditOptions): AuditParts {
  const store = new AuditStore(state);
  const audit = new Audit({
    store,
    clock,
    log,
    dispatcher,
    deliveryMs,
    builtInTrail: builtIn && builtInTrail(builtIn),
  });
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

function builtInTrail({ accountId, region, bucketPrefix }: NonNullable<CreateAuditOptions['builtIn']>): Trail {
  return {
    name: 'millpond',
    accountId,
    homeRegion: region,
    bucket: `${bucketPrefix}-${accountId}`,
    includeGlobalServiceEvents: true,
    isMultiRegion: true,
    selectors: managementOnly,
    tags: {},
    isLogging: true,
    isBuiltIn: true,
  };
}
