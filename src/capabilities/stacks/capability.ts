import type { Capability, ResourceType } from '#capability';
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import type { SchemaLookup } from '#languages/template/index';
import { changeSetOperations } from './api/change-sets.ts';
import { descriptionOperations } from './api/descriptions.ts';
import { driftOperations } from './api/drift.ts';
import { signalOperations } from './api/signals.ts';
import { stackOperations } from './api/stacks.ts';
import { templateOperations } from './api/templates.ts';
import { callbackRoute } from './callbacks/callback-route.ts';
import { customResource } from './callbacks/custom-resource.ts';
import { Mailboxes } from './callbacks/mailboxes.ts';
import { callbackResources } from './callbacks/resources.ts';
import { isCustomType, withCustomTypes } from './custom-type.ts';
import { ChangeSets } from './change-sets.ts';
import { Deployments } from './deploy/deployments.ts';
import type { Site } from './deploy/site.ts';
import { DriftChecks } from './drift/drift-checks.ts';
import { announce } from './announcement.ts';
import { Notifications } from './notifications.ts';
import { Preparation } from './intake/preparation.ts';
import { stackResources } from './resources.ts';
import { openSchemas } from './intake/schemas.ts';
import { Stacks } from './stacks.ts';
import { Store } from './store.ts';

export interface StacksPlatform {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly dispatcher: Dispatcher;
  /** Base URL of the platform for programs on this machine; asked once it listens. */
  readonly endpoint: () => string;
  /** The resource types of all other capabilities; asked when first needed. */
  readonly resources: () => readonly ResourceType[];
  /** The schemas under `models/resources/` unless given. */
  readonly schemas?: SchemaLookup;
}

export function createStacks(platform: StacksPlatform): { stacks: Stacks; capability: Capability } {
  const { state, clock, log, events, dispatcher } = platform;
  const notifications = new Notifications({ state, clock, log, dispatcher });
  const store = new Store(state, (db, event) => {
    announce(events, db, event);
    notifications.owe(db, event);
  });
  const mailboxes = new Mailboxes(state, clock, platform.endpoint);
  const types = new Map<string, ResourceType>();
  const findType = (type: string): ResourceType | undefined => {
    if (types.size === 0) {
      for (const owned of [...platform.resources(), ...ownTypes]) types.set(owned.type, owned);
    }
    return types.get(type) ?? (isCustomType(type) ? customResource(type, mailboxes) : undefined);
  };
  const schemas = withCustomTypes(platform.schemas ?? openSchemas());
  // A type that no capability serves is as unknown as one that does not exist.
  const served: SchemaLookup = (type) => (findType(type) === undefined ? undefined : schemas(type));
  const site: Site = { store, clock, log, dispatcher, schemas: served, findType };
  const deployments = new Deployments(site);
  const stacks = new Stacks(site, deployments, new Preparation(dispatcher, served, store));
  const ownTypes = [...stackResources(stacks), ...callbackResources(stacks, mailboxes)];
  const changeSets = new ChangeSets(stacks);
  const drifts = new DriftChecks(stacks);
  const capability: Capability = {
    name: 'stacks',
    apis: [
      {
        service: 'cloudformation',
        operations: {
          ...stackOperations(stacks),
          ...signalOperations(stacks, mailboxes),
          ...descriptionOperations(stacks),
          ...templateOperations(stacks, changeSets),
          ...changeSetOperations(stacks, changeSets),
          ...driftOperations(stacks, drifts),
        },
      },
    ],
    resources: ownTypes,
    routes: [callbackRoute(mailboxes)],
    async start() {
      notifications.start();
      await drifts.abandonUnfinished();
      deployments.resume();
    },
    async stop() {
      await deployments.stop();
      await notifications.stop();
    },
  };
  return { stacks, capability };
}
