/** The catalog as the platform sees it. */
import type { Capability, Schema } from '#capability';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { State } from '#kernel/state';
import type { Vault } from '#kernel/vault';
import { connectionOperations } from './api/connections.ts';
import { databaseOperations } from './api/databases.ts';
import { partitionOperations } from './api/partitions.ts';
import { searchOperations } from './api/search.ts';
import { settingsOperations } from './api/settings.ts';
import { statisticsOperations } from './api/statistics.ts';
import { tableOperations } from './api/tables.ts';
import { tagOperations } from './api/tags.ts';
import { userFunctionOperations } from './api/user-functions.ts';
import { Catalog } from './catalog.ts';
import { CatalogChanges } from './changes.ts';
import { Connections } from './records/connection.ts';
import { catalogResources } from './resources.ts';
import { CatalogSettings } from './records/settings.ts';
import { Statistics } from './records/statistics.ts';
import { catalogSchema } from './store/schema.ts';
import { GlueTags } from './tags.ts';
import { UserFunctions } from './records/user-function.ts';

export interface CatalogParts {
  readonly state: State;
  readonly clock: Clock;
  readonly events: EventHub;
  readonly vault: Vault;
}

export function createCatalog(parts: CatalogParts): {
  catalog: Catalog;
  tags: GlueTags;
  capability: Capability;
  schema: Schema;
} {
  const { state, clock, events, vault } = parts;
  const catalog = new Catalog({ state, clock, changes: new CatalogChanges(events, clock) });
  const connections = new Connections({ state, clock, vault });
  const tags = new GlueTags(state);
  tags.own('database', (scope, name) => catalog.findDatabase(scope, name) !== undefined);
  tags.own('connection', (scope, name) => connections.find(scope, name) !== undefined);
  const operations = {
    ...databaseOperations(catalog),
    ...tableOperations(catalog),
    ...partitionOperations(catalog),
    ...searchOperations(catalog),
    ...statisticsOperations(new Statistics(state)),
    ...connectionOperations(connections),
    ...userFunctionOperations(new UserFunctions({ state, clock })),
    ...settingsOperations(new CatalogSettings({ state, clock })),
    ...tagOperations(tags),
  };
  const capability: Capability = {
    name: 'catalog',
    apis: [{ service: 'glue', operations }],
    resources: catalogResources,
  };
  return { catalog, tags, capability, schema: catalogSchema };
}
