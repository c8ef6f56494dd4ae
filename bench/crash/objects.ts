/** S3 puts: an acknowledged object is there whole; one that is overwritten is always one of its versions, never a mixture. */
import { createHash } from 'node:crypto';
import { S3 } from '@aws-sdk/client-s3';
import { drive as loop, settings, type CrashContext, type Held } from './platform.ts';

export { command, ready } from './platform.ts';

const bucket = 'crash-bucket';

/** A body that says of itself whether it is whole: its hash, then the text that was hashed. */
function bodyOf(id: string, sizeBytes: number): string {
  const text = id.padEnd(sizeBytes, '.');
  return `${createHash('sha256').update(text).digest('hex')}${text}`;
}

function isWhole(body: string): boolean {
  return createHash('sha256').update(body.slice(64)).digest('hex') === body.slice(0, 64);
}

export async function drive(context: CrashContext): Promise<void> {
  const s3 = new S3(settings(context));
  await s3.createBucket({ Bucket: bucket }).catch(() => undefined);
  await loop(context, 8, async (id) => {
    context.attempt(id);
    await s3.putObject({ Bucket: bucket, Key: `new/${id}`, Body: bodyOf(id, Math.floor(context.rnd() * 60_000)) });
    context.ack(id);
    await s3.putObject({
      Bucket: bucket,
      Key: `again/${Math.floor(context.rnd() * 5)}`,
      Body: bodyOf(id, Math.floor(context.rnd() * 200_000)),
    });
  });
  s3.destroy();
}

export async function* inspect(context: CrashContext): AsyncIterable<Held> {
  const s3 = new S3(settings(context));
  for (let ContinuationToken: string | undefined; ;) {
    const page = await s3.listObjectsV2({
      Bucket: bucket,
      Prefix: 'new/',
      ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
    });
    for (const { Key } of page.Contents ?? []) yield { id: Key!.slice('new/'.length) };
    ContinuationToken = page.NextContinuationToken;
    if (ContinuationToken === undefined) break;
  }
  s3.destroy();
}

export async function check(context: CrashContext): Promise<string[]> {
  const s3 = new S3(settings(context));
  const listed = await s3.listObjectsV2({ Bucket: bucket });
  const problems: string[] = [];
  // The newest are those that a crash can have hurt.
  const newest = (listed.Contents ?? []).sort((a, b) => Number(b.LastModified) - Number(a.LastModified)).slice(0, 60);
  for (const { Key } of newest) {
    const answer = await s3.getObject({ Bucket: bucket, Key: Key! });
    if (!isWhole(await answer.Body!.transformToString())) problems.push(`${Key} is not whole`);
  }
  s3.destroy();
  return problems;
}
