import type { InvokeWithResponseStreamResponseEvent, Lambda } from '@aws-sdk/client-lambda';
import type { HandlersOf } from '#gateway';
import { invalidParameter } from '../errors.ts';
import { latest, parseFunctionRef, type FunctionRef } from '../function-name.ts';
import type { Functions } from '../functions.ts';
import type { AsyncInvocations } from '../invoke/async-invocations.ts';
import { syncBytesMax, checkPayload, type InvocationResult } from '../invoke/invocation.ts';
import type { Invocations, StartedStream } from '../invoke/invocations.ts';

const traceHeaderName = 'x-amzn-trace-id';

export interface InvokeOperationParts {
  readonly functions: Functions;
  readonly invocations: Invocations;
  readonly asyncInvocations: AsyncInvocations;
}

export function invokeOperations(parts: InvokeOperationParts): HandlersOf<Lambda> {
  const { functions, invocations, asyncInvocations } = parts;
  const dryRun = (ref: FunctionRef, payload: Uint8Array | undefined) => {
    functions.get(ref);
    checkPayload(payload, syncBytesMax);
    return { StatusCode: 204, ExecutedVersion: ref.qualifier ?? latest };
  };
  return {
    async Invoke(input, context) {
      const ref = parseFunctionRef(input.FunctionName ?? '', context.scope, input.Qualifier);
      const { requestId } = context;
      const payload = input.Payload as Uint8Array | undefined;
      const traceHeader = context.headers[traceHeaderName];
      switch (input.InvocationType ?? 'RequestResponse') {
        case 'DryRun':
          return dryRun(ref, payload);
        case 'Event':
          await asyncInvocations.accept({
            ref,
            requestId,
            payload,
            traceHeader,
            ...clientContext(input.ClientContext),
          });
          return { StatusCode: 202 };
        default: {
          const tail = input.LogType === 'Tail';
          const result = await invocations.invoke({
            ref,
            requestId,
            payload,
            tail,
            traceHeader,
            ...clientContext(input.ClientContext),
          });
          return {
            StatusCode: 200,
            Payload: result.payload as unknown as never,
            ExecutedVersion: result.executedVersion,
            ...(result.functionError !== undefined && { FunctionError: result.functionError }),
            ...(result.logTail !== undefined && { LogResult: result.logTail }),
          };
        }
      }
    },
    async InvokeWithResponseStream(input, context) {
      const ref = parseFunctionRef(input.FunctionName ?? '', context.scope, input.Qualifier);
      const payload = input.Payload as Uint8Array | undefined;
      if (input.InvocationType === 'DryRun') return dryRun(ref, payload);
      const { stream, result } = await invocations.begin({
        ref,
        requestId: context.requestId,
        payload,
        tail: input.LogType === 'Tail',
        traceHeader: context.headers[traceHeaderName],
        ...clientContext(input.ClientContext),
      });
      const ExecutedVersion = stream?.executedVersion ?? (await result).executedVersion;
      return { StatusCode: 200, ExecutedVersion, EventStream: streamEvents(stream, result) };
    },
    /** The old form of an asynchronous invocation. */
    async InvokeAsync(input, context) {
      const ref = parseFunctionRef(input.FunctionName ?? '', context.scope);
      const chunks: Buffer[] = [];
      for await (const chunk of input.InvokeArgs as AsyncIterable<Buffer>) chunks.push(chunk);
      const traceHeader = context.headers[traceHeaderName];
      const { requestId } = context;
      await asyncInvocations.accept({ ref, requestId, payload: Buffer.concat(chunks), traceHeader });
      return { Status: 202 };
    },
  };
}

/** The pieces of the answer; an answer in one piece is one of them. */
async function* streamEvents(
  stream: StartedStream | undefined,
  result: Promise<InvocationResult>,
): AsyncGenerator<InvokeWithResponseStreamResponseEvent> {
  for await (const piece of stream?.body ?? []) yield { PayloadChunk: { Payload: piece as Buffer } };
  const { payload, functionError, logTail } = await result;
  if (stream === undefined && functionError === undefined) yield { PayloadChunk: { Payload: payload } };
  yield {
    InvokeComplete: {
      ...(functionError !== undefined && { ErrorCode: functionError, ErrorDetails: payload.toString('utf8') }),
      ...(logTail !== undefined && { LogResult: logTail }),
    },
  };
}

/** Base64 of JSON on the wire. @throws InvalidParameterValueException */
function clientContext(encoded: string | undefined): { clientContext?: string } {
  if (encoded === undefined) return {};
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  try {
    // One line of Latin-1, since it travels in a header.
    return { clientContext: asciiJson(JSON.parse(text)) };
  } catch (error) {
    throw invalidParameter(`ClientContext must be base64 of JSON: ${(error as Error).message}`, error);
  }
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
