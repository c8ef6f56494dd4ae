/**
 * Calls the platform as any client does: signed requests over its AWS port. One protocol serves every service:
 * Smithy RPC v2 CBOR, which carries times and bytes without loss. Objects travel as plain S3 requests.
 */
import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { decode, encode, Token, Type, type TagDecodeControl } from 'cborg';
import { signRequest } from '#gateway';
import { PlatformError, type ErrorKind } from '#kernel/errors';
import type { Connection } from './connection.ts';
import { CliError, exitCodes } from './exit.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- the output's shape depends on the operation's name
export type CallOutput = any;

type Body = string | Uint8Array | ReadableStream;

export interface Client {
  readonly connection: Connection;
  /** @throws PlatformError with the service's own code; CliError when nobody answers */
  call(service: string, operation: string, input: object): Promise<CallOutput>;
  /** Every page of a listing, as the items under `member`. */
  list(service: string, operation: string, input: object, member: string): Promise<CallOutput[]>;
  putObject(bucket: string, key: string, body: string | { file: string }): Promise<void>;
  getObject(bucket: string, key: string): Promise<string>;
}

export function createClient(connection: Connection): Client {
  const send = async (
    service: string,
    method: string,
    path: string,
    headers: Record<string, string>,
    body: Body | undefined,
    payloadHash?: string,
  ) => {
    const url = new URL(connection.endpoint + path);
    const signed = signRequest({
      method,
      rawPath: url.pathname,
      rawQuery: url.search.slice(1),
      headers: { host: url.host, ...headers },
      body: body instanceof Uint8Array ? body : typeof body === 'string' ? Buffer.from(body) : new Uint8Array(),
      ...(payloadHash === undefined ? {} : { payloadHash }),
      service,
      region: connection.region,
      credential: connection,
      time: new Date(),
    });
    try {
      // A body that is a stream needs duplex, which the types of fetch do not know yet.
      return await fetch(url, {
        method,
        headers: signed,
        ...(body === undefined ? {} : { body, duplex: 'half' }),
      });
    } catch (cause) {
      const error = new CliError(
        `Nothing answers at ${connection.endpoint}.`,
        exitCodes.unreachable,
        'Start the platform with `millpond start`.',
      );
      error.cause = cause;
      throw error;
    }
  };

  const call = async (service: string, operation: string, input: object): Promise<CallOutput> => {
    const body = encode(input, {
      typeEncoders: { Date: (time: Date) => [new Token(Type.tag, 1), new Token(Type.float, time.getTime() / 1000)] },
    });
    const headers = {
      'content-type': 'application/cbor',
      accept: 'application/cbor',
      'smithy-protocol': 'rpc-v2-cbor',
    };
    const response = await send(service, 'POST', `/service/${service}/operation/${operation}`, headers, body);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const output: CallOutput = bytes.length === 0 ? {} : decode(bytes, { tags: { 1: epochTime } });
    if (!response.ok) throw errorOf(response.status, output);
    return output;
  };

  return {
    connection,
    call,
    async list(service, operation, input, member) {
      const items: CallOutput[] = [];
      for (let token: string | undefined; ;) {
        const output = await call(service, operation, token === undefined ? input : { ...input, NextToken: token });
        items.push(...(output[member] ?? []));
        token = output.NextToken ?? output.nextToken;
        if (token === undefined) return items;
      }
    },
    async putObject(bucket, key, body) {
      const path = `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
      const isFile = typeof body !== 'string';
      const sizeBytes = isFile ? statSync(body.file).size : Buffer.byteLength(body);
      const content = isFile ? Readable.toWeb(createReadStream(body.file)) : body;
      const headers = { 'content-length': String(sizeBytes), 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
      const response = await send('s3', 'PUT', path, headers, content, 'UNSIGNED-PAYLOAD');
      if (!response.ok) throw s3ErrorOf(response.status, await response.text());
      await response.body?.cancel();
    },
    async getObject(bucket, key) {
      const path = `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
      const response = await send(
        's3',
        'GET',
        path,
        { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
        undefined,
        'UNSIGNED-PAYLOAD',
      );
      const text = await response.text();
      if (!response.ok) throw s3ErrorOf(response.status, text);
      return text;
    },
  };
}

function epochTime(control: TagDecodeControl): Date {
  return new Date(Number(control()) * 1000);
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
