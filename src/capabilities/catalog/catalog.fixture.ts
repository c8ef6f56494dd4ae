/** A catalog on a state of its own, for the tests of this folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { EventHub, type PlatformEvent } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { createCatalog } from './capability.ts';
import { catalogSchema } from './store/schema.ts';
import type { Column, TableInput } from './table.ts';

export const scope = '111122223333/us-east-1';

export function openCatalog(context: TestContext): ReturnType<typeof createCatalog> & {
  clock: FakeClock;
  events: PlatformEvent[];
  hub: EventHub;
  state: State;
} {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-catalog-'));
  const state = State.open(join(folder, 'state.db'), [catalogSchema]);
  context.after(() => {
    state.close();
    rmSync(folder, { recursive: true });
  });
  const hub = new EventHub(silentLog);
  const events: PlatformEvent[] = [];
  hub.subscribe((event) => void events.push(event));
  const clock = new FakeClock();
  return {
    ...createCatalog({ state, clock, events: hub, vault: Vault.open(join(folder, 'key')) }),
    clock,
    events,
    hub,
    state,
  };
}

export function column(name: string, type: string): Column {
  return { Name: name, Type: type };
}

export function csvTable(name: string, keys: Column[] = []): TableInput {
  return {
    Name: name,
    TableType: 'EXTERNAL_TABLE',
    PartitionKeys: keys,
    Parameters: { classification: 'csv' },
    StorageDescriptor: {
      Columns: [column('fare', 'double'), column('passengers', 'bigint')],
      Location: `s3://lake/${name}/`,
      SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' },
    },
  };
}
