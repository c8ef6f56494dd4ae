/** Deploys: a stack that was complete stays complete with its resources; one that was cut short goes on or rolls back. */
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { Glue } from '@aws-sdk/client-glue';
import { setTimeout as sleep } from 'node:timers/promises';
import { drive as loop, settings, type CrashContext, type Held } from './platform.ts';

export { command, ready } from './platform.ts';

/** No stack may be under way longer than this after a restart. */
const settleMs = 60_000;

const template = (name: string): string =>
  JSON.stringify({
    Resources: {
      Bucket: { Type: 'AWS::S3::Bucket' },
      Database: {
        Type: 'AWS::Glue::Database',
        Properties: { CatalogId: '000000000000', DatabaseInput: { Name: name } },
      },
      Table: {
        Type: 'AWS::Glue::Table',
        Properties: {
          CatalogId: '000000000000',
          DatabaseName: { Ref: 'Database' },
          TableInput: { Name: 't', StorageDescriptor: { Columns: [{ Name: 'a', Type: 'int' }] } },
        },
      },
    },
  });

export async function drive(context: CrashContext): Promise<void> {
  const formation = new CloudFormation(settings(context));
  await loop(context, 4, async (id) => {
    context.attempt(id);
    await formation.createStack({ StackName: `stack-${id}`, TemplateBody: template(id.replaceAll('-', '_')) });
    for (;;) {
      const { Stacks } = await formation.describeStacks({ StackName: `stack-${id}` });
      const status = Stacks?.[0]?.StackStatus ?? '';
      if (status === 'CREATE_COMPLETE') return context.ack(id);
      if (!status.endsWith('IN_PROGRESS')) throw new Error(status);
      await sleep(20);
    }
  });
  formation.destroy();
}

async function settled(context: CrashContext): Promise<{ name: string; status: string }[]> {
  const formation = new CloudFormation(settings(context));
  const deadline = performance.now() + settleMs;
  for (;;) {
    const stacks: { name: string; status: string }[] = [];
    for (let NextToken: string | undefined; ;) {
      const page = await formation.listStacks(NextToken === undefined ? {} : { NextToken });
      stacks.push(
        ...(page.StackSummaries ?? []).map((stack) => ({ name: stack.StackName!, status: stack.StackStatus! })),
      );
      NextToken = page.NextToken;
      if (NextToken === undefined) break;
    }
    if (stacks.every(({ status }) => !status.endsWith('IN_PROGRESS')) || performance.now() > deadline) {
      formation.destroy();
      return stacks;
    }
    await sleep(50);
  }
}

export async function* inspect(context: CrashContext): AsyncIterable<Held> {
  for (const { name, status } of await settled(context))
    if (status === 'CREATE_COMPLETE') yield { id: name.slice('stack-'.length) };
}

export async function check(context: CrashContext): Promise<string[]> {
  const glue = new Glue(settings(context));
  const stacks = await settled(context);
  const databases = new Set<string>();
  for (let NextToken: string | undefined; ;) {
    const page = await glue.getDatabases(NextToken === undefined ? {} : { NextToken });
    for (const database of page.DatabaseList ?? []) databases.add(database.Name!);
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  glue.destroy();
  const complete = stacks
    .filter(({ status }) => status === 'CREATE_COMPLETE')
    .map(({ name }) => name.slice('stack-'.length).replaceAll('-', '_'));
  return [
    ...stacks
      .filter(({ status }) => status.endsWith('IN_PROGRESS'))
      .map(({ name, status }) => `${name} is stuck in ${status}`),
    ...complete.filter((name) => !databases.has(name)).map((name) => `the database of ${name} is gone`),
    ...[...databases]
      .filter((name) => name.startsWith('r') && !complete.includes(name))
      .map((name) => `the database ${name} belongs to no stack`),
  ];
}
