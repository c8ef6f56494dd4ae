/** CREATE TABLE AS: a table is there with every row, or not at all; half a table is never seen. */
import { Athena } from '@aws-sdk/client-athena';
import { Glue } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { drive as loop, runQuery, settings, type CrashContext, type Held } from './platform.ts';

export { command, ready } from './platform.ts';

const bucket = 'crash-tables';
const database = 'crash';
const rows = 20_000;
const place = { OutputLocation: `s3://${bucket}/results/`, Database: database };

export async function drive(context: CrashContext): Promise<void> {
  const common = settings(context);
  const athena = new Athena(common);
  await new S3(common).createBucket({ Bucket: bucket }).catch(() => undefined);
  await new Glue(common).createDatabase({ DatabaseInput: { Name: database } }).catch(() => undefined);
  await loop(context, 2, async (id) => {
    const name = id.replaceAll('-', '_');
    context.attempt(id);
    await runQuery(
      athena,
      `CREATE TABLE ${name} WITH (format = 'PARQUET', external_location = 's3://${bucket}/tables/${name}/') AS SELECT n, cast(n AS varchar) AS t FROM UNNEST(sequence(1, ${rows})) AS s (n)`,
      place,
    );
    context.ack(id);
  });
  athena.destroy();
}

async function tableNames(context: CrashContext): Promise<string[]> {
  const glue = new Glue(settings(context));
  const names: string[] = [];
  for (let NextToken: string | undefined; ;) {
    const page = await glue.getTables({ DatabaseName: database, ...(NextToken === undefined ? {} : { NextToken }) });
    names.push(...(page.TableList ?? []).map((table) => table.Name!));
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  glue.destroy();
  return names;
}

export async function* inspect(context: CrashContext): AsyncIterable<Held> {
  for (const name of await tableNames(context)) yield { id: name.replaceAll('_', '-') };
}

export async function check(context: CrashContext): Promise<string[]> {
  const athena = new Athena(settings(context));
  const problems: string[] = [];
  for (const name of (await tableNames(context)).slice(-4)) {
    const answer = await runQuery(athena, `SELECT count(*), sum(n) FROM ${name}`, place);
    const expected = [String(rows), String((rows * (rows + 1)) / 2)];
    if (answer[1]?.join() !== expected.join())
      problems.push(`${name} holds ${answer[1]?.join()} in place of ${expected.join()}`);
  }
  athena.destroy();
  return problems;
}
