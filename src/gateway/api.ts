/**
 * What a capability hands to the gateway: handlers by operation, in the shapes of the AWS service model.
 *
 * A handler sees decoded and validated input: timestamps are `Date`, blobs are `Uint8Array`, a streaming blob is a
 * `Readable`. What it returns is encoded through the model, so it cannot invent members.
 */
import type { Readable } from 'node:stream';

/** Who calls. */
export interface Caller {
  readonly kind: 'root' | 'user' | 'assumed-role' | 'anonymous' | 'service';
  readonly accountId: string;
  readonly arn: string;
  /** The unique id IAM gives (`AIDA…`, `AROA…:session`, the account id for root). */
  readonly principalId: string;
  readonly accessKeyId?: string;
  readonly userName?: string;
}

/** Body facts that only the wire knows; the trailer is complete once the body was read to its end. */
export interface Payload {
  /** Length of the object after any aws-chunked framing was taken off; undefined when the client did not say. */
  readonly decodedSizeBytes: number | undefined;
  /** Trailing headers in lower case, such as `x-amz-checksum-crc32`. */
  trailers(): Readonly<Record<string, string>>;
}

export interface RequestContext {
  readonly requestId: string;
  /** Name of the service model, such as `glue`. */
  readonly service: string;
  readonly operation: string;
  readonly accountId: string;
  readonly region: string;
  /** `account/region`: the first key column of everything a regional service keeps. */
  readonly scope: string;
  readonly caller: Caller;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** Base URL as the client reached us, such as `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Aborted when the client hangs up or the platform stops. */
  readonly signal: AbortSignal;
  /** Request headers in lower case; empty for a call from inside. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Payload;
}

// The model types of the AWS SDK differ in each operation; a table of handlers can only be typed loosely here and
// exactly where it is written (`HandlersOf<Glue>`).
// oxlint-disable-next-line typescript/no-explicit-any
export type Handler<Input = any, Output = any> = (input: Input, context: RequestContext) => Promise<Output> | Output;

type HandlerOf<Method> = Method extends (
  input: infer Input,
  options: never,
  callback: (error: never, data?: infer Output) => void,
) => void
  ? Handler<Input, Omit<NonNullable<Output>, '$metadata'>>
  : never;

/**
 * The typed handlers of a service, from the aggregated client of `@aws-sdk/client-*` (a type-only import):
 * `const operations: HandlersOf<Glue> = { async GetTable(input, context) { … } }`.
 */
export type HandlersOf<Client> = {
  readonly [Method in keyof Client & string as Capitalize<Method>]?: HandlerOf<Client[Method]>;
};

export interface HttpRequest {
  readonly method: string;
  /** Path as sent, still percent-encoded. */
  readonly rawPath: string;
  /** Query as sent, without the question mark. */
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
  readonly sourceIp: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Each a `set-cookie` header of its own: they cannot share a line as others can. */
  readonly cookies?: readonly string[];
  readonly body?: string | Uint8Array | Readable;
}

/** A request outside the models: a health check, a browser's form upload, a CORS preflight. */
export interface Route {
  matches(request: HttpRequest): boolean;
  handle(request: HttpRequest): Promise<HttpResponse> | HttpResponse;
}

/** Part of a service: several capabilities may each serve some operations of the same one. */
export interface ServiceApi {
  /** Name of the model under `models/`, such as `glue`. */
  readonly service: string;
  readonly operations: Readonly<Record<string, Handler | undefined>>;
  /** Headers to add to every answer of this service, errors included (CORS rules of a bucket). */
  responseHeaders?(request: HttpRequest): Readonly<Record<string, string>>;
}

export interface Credential {
  readonly caller: Caller;
  /** Undefined when any signature is accepted (`--open`). */
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly expiresAt?: Date;
}

/** Implemented by the access capability. */
export interface Authorizer {
  /** The credential behind an access key id; undefined when there is none. */
  findCredential(accessKeyId: string): Credential | undefined;
  /** @throws denied when the caller may not do this. */
  authorize(context: RequestContext, input: unknown): void;
}

/** One call, told after its answer is known. */
export interface RequestRecord {
  readonly context: RequestContext;
  readonly time: Date;
  /** Decoded input without streams and secrets; undefined when decoding failed. */
  readonly input: unknown;
  readonly output: unknown;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly readOnly: boolean;
}

/** Implemented by the audit capability. */
export interface RequestLog {
  record(record: RequestRecord): void;
}

/** Calls an operation from inside, through the same authorisation, validation and audit as a call from outside. */
export interface Dispatcher {
  // oxlint-disable-next-line typescript/no-explicit-any -- the output's shape depends on the operation's name
  call(service: string, operation: string, input: object, as: InternalCall): Promise<any>;
  /** Whether somebody serves this operation. */
  serves(service: string, operation: string): boolean;
}

export interface InternalCall {
  readonly caller: Caller;
  readonly region: string;
  readonly signal?: AbortSignal;
  /** The X-Ray trace header of the event that leads to this call. */
  readonly traceHeader?: string | undefined;
  /** The name that stands as `sourceIPAddress` and user agent in the audit record, such as `glue.amazonaws.com`. */
  readonly invokedBy: string;
}
