/** What every wire protocol offers to the pipeline. */
import type { HttpResponse } from '../api.ts';
import type { ErrorFamily } from '../errors.ts';
import type { Operation, ServiceModel, Shape } from '../model/model.ts';
import type { Readable } from 'node:stream';

export interface RequestLine {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request whose framing and signature are dealt with. */
export interface WireRequest extends RequestLine {
  /** Percent-encoded; with the bucket in front, whichever way the client addressed it. */
  readonly rawPath: string;
  /** The whole body, or a stream where the operation takes one. */
  readonly body: Buffer | Readable;
}

/** An error on its way to the client. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  /** Whose fault: the query protocol says so. */
  readonly fault: 'Sender' | 'Receiver';
  /** Members that the model gives the error's shape beside the message. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly shape: Shape | undefined;
}

export interface Answer {
  readonly requestId: string;
  readonly model: ServiceModel | undefined;
  /** The path asked for, which S3 repeats in its errors. */
  readonly resource: string;
}

export interface Protocol {
  readonly family: ErrorFamily;
  /**
   * The operation, where path, query and headers tell it.
   * @param named the operation that `identify` read from a header or the path
   * @throws the family's word for an operation that does not exist
   */
  findOperation(model: ServiceModel, request: RequestLine, named: string | undefined): Operation | undefined;
  /** The operation where only the body tells it. */
  operationInBody(model: ServiceModel, request: RequestLine, body: Buffer): Operation;
  /** @throws SerializationException or the protocol's own word for it */
  decode(operation: Operation, request: WireRequest): unknown;
  encode(operation: Operation, output: unknown, answer: Answer): HttpResponse;
  encodeError(error: WireError, answer: Answer): HttpResponse;
}
