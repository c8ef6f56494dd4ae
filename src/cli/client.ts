/**
 * Calls the platform as any client does: signed requests over its AWS port. One protocol serves every service:
 * Smithy RPC v2 CBOR, which carries times and bytes without loss. Objects travel as plain S3 requests.
 */
import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { decodeCbor, encodeCbor, ModelLibrary, signRequest } from '#gateway';
import { PlatformError, type ErrorKind } from '#kernel/errors';
import type { Connection } from './connection.ts';
import { CliError, exitCodes } from './exit.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- the output's shape depends on the operation's name
export type CallOutput = any;

type Body = string | Uint8Array | ReadableStream;

interface Call {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** Stands in for the body's hash where the body is a stream. */
  readonly payloadHash?: string;
}

const unsigned = 'UNSIGNED-PAYLOAD';

export class Client {
  readonly connection: Connection;
  readonly #services = new ModelLibrary().summaries;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** @throws PlatformError with the service's own code; CliError when nobody answers */
  async call(service: string, operation: string, input: object): Promise<CallOutput> {
    const response = await this.#send({
      service,
      method: 'POST',
      path: `/service/${service}/operation/${operation}`,
      headers: { 'content-type': 'application/cbor', accept: 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
      body: encodeCbor(input),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const output: CallOutput = bytes.length === 0 ? {} : decodeCbor(bytes);
    if (!response.ok) throw errorOf(response.status, output);
    return output;
  }

  /** Every page of a listing, as the items under `member`. */
  async list(service: string, operation: string, input: object, member: string): Promise<CallOutput[]> {
    const items: CallOutput[] = [];
    for (let token: string | undefined; ;) {
      const output = await this.call(service, operation, token === undefined ? input : { ...input, NextToken: token });
      items.push(...(output[member] ?? []));
      token = output.NextToken ?? output.nextToken;
      if (token === undefined) return items;
    }
  }

  async putObject(bucket: string, key: string, body: string | Buffer | { file: string }): Promise<void> {
    const isFile = typeof body !== 'string' && !Buffer.isBuffer(body);
    const sizeBytes = isFile ? statSync(body.file).size : Buffer.byteLength(body);
    const response = await this.#send({
      service: 's3',
      method: 'PUT',
      path: objectPath(bucket, key),
      headers: { 'content-length': String(sizeBytes), 'x-amz-content-sha256': unsigned },
      body: isFile ? Readable.toWeb(createReadStream(body.file)) : body,
      payloadHash: unsigned,
    });
    if (!response.ok) throw s3ErrorOf(response.status, await response.text());
    await response.body?.cancel();
  }

  async #send({ service, method, path, headers, body, payloadHash }: Call): Promise<Response> {
    const { endpoint, region } = this.connection;
    const url = new URL(endpoint + path);
    const signed = signRequest({
      method,
      rawPath: url.pathname,
      rawQuery: url.search.slice(1),
      headers: { host: url.host, ...headers },
      body: body instanceof Uint8Array ? body : new Uint8Array(),
      ...(payloadHash === undefined ? {} : { payloadHash }),
      // Step Functions signs as `states`, EMR as `elasticmapreduce`.
      service: this.#services.get(service)?.signingName ?? service,
      region,
      credential: this.connection,
      time: new Date(),
    });
    try {
      return await fetch(url, { method, headers: signed, ...(body === undefined ? {} : { body, duplex: 'half' }) });
    } catch (cause) {
      const hint = 'Start the platform with `millpond start`.';
      const error = new CliError(`Nothing answers at ${endpoint}.`, exitCodes.unreachable, hint);
      error.cause = cause;
      throw error;
    }
  }
}

function objectPath(bucket: string, key: string): string {
  return `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

function errorOf(status: number, output: { __type?: string; message?: string; Message?: string }): PlatformError {
  const code = (output.__type ?? 'UnknownError').replace(/^.*#/, '');
  return new PlatformError(
    kindOf(status, code),
    code,
    output.message ?? output.Message ?? `The platform answered ${status}.`,
  );
}

function s3ErrorOf(status: number, text: string): PlatformError {
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? 'UnknownError';
  return new PlatformError(
    kindOf(status, code),
    code,
    /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? `The platform answered ${status}.`,
  );
}

function kindOf(status: number, code: string): ErrorKind {
  if (/NotFound|NoSuch|DoesNotExist/.test(code)) return 'absent';
  if (/AccessDenied|InvalidClientToken|UnrecognizedClient|SignatureDoesNotMatch|ExpiredToken/.test(code))
    return 'denied';
  if (status === 503 || status === 504) return 'unavailable';
  if (status >= 500) return 'internal';
  return 'conflict';
}
