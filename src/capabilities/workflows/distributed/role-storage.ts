/** The lake as the machine's role sees it, through the S3 API. */
import { roleCaller } from '#access';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Dispatcher, InternalCall } from '#gateway';
import type { JsonObject } from '#languages/asl/index';
import { partsOfScope } from '../execution/execution.ts';
import type { Run } from '../execution/run.ts';

export interface StorageRequest {
  readonly dispatcher: Dispatcher;
  readonly run: Run;
  readonly signal: AbortSignal;
}

// Limit: an object that is read as a whole has at most 256 MiB.
const textBytesMax = 256 * 2 ** 20;

export class RoleStorage {
  readonly #dispatcher: Dispatcher;
  readonly #as: InternalCall;

  constructor({ dispatcher, run, signal }: StorageRequest) {
    const { scope, revision, name } = run.origin;
    const { accountId, region } = partsOfScope(scope);
    const caller = roleCaller(revision.roleArn, accountId, name);
    this.#dispatcher = dispatcher;
    this.#as = { caller, region, signal, invokedBy: 'states.amazonaws.com' };
  }

  /** The text of an object, piece by piece; `.gz` is unpacked. */
  async *pieces(Bucket: string, Key: string, VersionId?: string): AsyncIterable<string> {
    const bytes = await this.bytes(Bucket, Key, VersionId);
    const plain = Key.endsWith('.gz') ? bytes.compose(createGunzip()) : bytes;
    const decoder = new TextDecoder();
    for await (const chunk of plain) yield decoder.decode(chunk as Uint8Array, { stream: true });
    yield decoder.decode();
  }

  async bytes(Bucket: string, Key: string, VersionId?: string): Promise<Readable> {
    const input = { Bucket, Key, ...(VersionId !== undefined && { VersionId }) };
    const { Body } = (await this.#dispatcher.call('s3', 'GetObject', input, this.#as)) as {
      Body?: Readable | Uint8Array;
    };
    return Body instanceof Uint8Array ? Readable.from([Body]) : (Body ?? Readable.from([]));
  }

  async text(bucket: string, key: string, versionId?: string): Promise<string> {
    let content = '';
    for await (const piece of this.pieces(bucket, key, versionId)) {
      content += piece;
      if (content.length > textBytesMax) throw new Error(`s3://${bucket}/${key} has more than 256 MiB`);
    }
    return content;
  }

  /** Objects as ListObjectsV2 shows them. */
  async *list(Bucket: string, Prefix: string): AsyncIterable<JsonObject> {
    for (let token: string | undefined; ;) {
      const input = { Bucket, Prefix, ...(token !== undefined && { ContinuationToken: token }) };
      const page = (await this.#dispatcher.call('s3', 'ListObjectsV2', input, this.#as)) as {
        Contents?: { Key?: string; ETag?: string; Size?: number; StorageClass?: string; LastModified?: Date }[];
        NextContinuationToken?: string;
      };
      for (const { Key, ETag, Size, StorageClass, LastModified } of page.Contents ?? []) {
        yield {
          Etag: ETag ?? '',
          Key: Key ?? '',
          LastModified: Math.floor((LastModified?.getTime() ?? 0) / 1000),
          Size: Size ?? 0,
          StorageClass: StorageClass ?? 'STANDARD',
        };
      }
      token = page.NextContinuationToken;
      if (token === undefined) return;
    }
  }

  async put(Bucket: string, Key: string, content: string): Promise<void> {
    const input = { Bucket, Key, Body: Buffer.from(content), ContentType: 'application/json' };
    await this.#dispatcher.call('s3', 'PutObject', input, this.#as);
  }
}
