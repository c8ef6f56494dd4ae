import type { Lambda } from '@aws-sdk/client-lambda';
import type { HandlersOf } from '#gateway';
import { invalidParameter } from '../errors.ts';
import { latest, parseFunctionRef } from '../function-name.ts';
import type { Functions } from '../functions.ts';
import type { AsyncInvocations } from '../invoke/async-invocations.ts';
import { syncBytesMax, checkPayload } from '../invoke/invocation.ts';
import type { Invocations } from '../invoke/invocations.ts';

export interface InvokeOperationParts {
  readonly functions: Functions;
  readonly invocations: Invocations;
  readonly asyncInvocations: AsyncInvocations;
}

export function invokeOperations(parts: InvokeOperationParts): HandlersOf<Lambda> {
  const { functions, invocations, asyncInvocations } = parts;
  return {
    async Invoke(input, context) {
      const ref = parseFunctionRef(input.FunctionName ?? '', context.scope, input.Qualifier);
      const { requestId } = context;
      const payload = input.Payload as Uint8Array | undefined;
      switch (input.InvocationType ?? 'RequestResponse') {
        case 'DryRun':
          functions.get(ref);
          checkPayload(payload, syncBytesMax);
          return { StatusCode: 204, ExecutedVersion: ref.qualifier ?? latest };
        case 'Event':
          await asyncInvocations.accept({ ref, requestId, payload, ...clientContext(input.ClientContext) });
          return { StatusCode: 202 };
        default: {
          const tail = input.LogType === 'Tail';
          const result = await invocations.invoke({
            ref,
            requestId,
            payload,
            tail,
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
    /** The old form of an asynchronous invocation. */
    async InvokeAsync(input, context) {
      const ref = parseFunctionRef(input.FunctionName ?? '', context.scope);
      const chunks: Buffer[] = [];
      for await (const chunk of input.InvokeArgs as AsyncIterable<Buffer>) chunks.push(chunk);
      await asyncInvocations.accept({ ref, requestId: context.requestId, payload: Buffer.concat(chunks) });
      return { Status: 202 };
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
