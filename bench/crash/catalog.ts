/** Catalog changes: an acknowledged table is there with all its partitions; a version is never lost or counted twice. */
import { Glue } from '@aws-sdk/client-glue';
import { drive as loop, settings, type CrashContext, type Held } from './platform.ts';

export { command, ready } from './platform.ts';

const DatabaseName = 'crash';
const partitionsEach = 20;

export async function drive(context: CrashContext): Promise<void> {
  const glue = new Glue(settings(context));
  await glue.createDatabase({ DatabaseInput: { Name: DatabaseName } }).catch(() => undefined);
  await loop(context, 8, async (id) => {
    const Name = id.replaceAll('-', '_');
    const StorageDescriptor = { Columns: [{ Name: 'a', Type: 'int' }], Location: `s3://crash/${Name}/` };
    await glue.createTable({
      DatabaseName,
      TableInput: { Name, StorageDescriptor, PartitionKeys: [{ Name: 'p', Type: 'int' }] },
    });
    context.attempt(id);
    await glue.batchCreatePartition({
      DatabaseName,
      TableName: Name,
      PartitionInputList: Array.from({ length: partitionsEach }, (_, index) => ({
        Values: [String(index)],
        StorageDescriptor,
      })),
    });
    context.ack(id);
  });
  glue.destroy();
}

/** Tables whose partitions were found whole in an earlier round. */
const whole = new Set<string>();
/** In every so many rounds, all of them are counted again. */
const recountEach = 10;

export async function* inspect(context: CrashContext): AsyncIterable<Held> {
  if (context.round % recountEach === 0) whole.clear();
  for (const { name, partitions } of await tables(context)) if (partitions > 0) yield { id: name.replaceAll('_', '-') };
}

export async function check(context: CrashContext): Promise<string[]> {
  return (await tables(context))
    .filter(({ partitions }) => partitions !== 0 && partitions !== partitionsEach)
    .map(({ name, partitions }) => `${name} has ${partitions} of ${partitionsEach} partitions`);
}

async function tables(context: CrashContext): Promise<{ name: string; partitions: number }[]> {
  const glue = new Glue(settings(context));
  const names: string[] = [];
  for (let NextToken: string | undefined; ;) {
    const page = await glue.getTables({ DatabaseName, ...(NextToken === undefined ? {} : { NextToken }) });
    names.push(...(page.TableList ?? []).map((table) => table.Name!));
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  const count = async (name: string): Promise<{ name: string; partitions: number }> => {
    if (whole.has(name)) return { name, partitions: partitionsEach };
    const { Partitions } = await glue.getPartitions({ DatabaseName, TableName: name });
    const partitions = Partitions?.length ?? 0;
    if (partitions === partitionsEach) whole.add(name);
    return { name, partitions };
  };
  const found: { name: string; partitions: number }[] = [];
  for (let start = 0; start < names.length; start += 20) {
    found.push(...(await Promise.all(names.slice(start, start + 20).map(count))));
  }
  glue.destroy();
  return found;
}
