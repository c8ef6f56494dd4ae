/**
 * Asynchronous invocations: acknowledged once they are on disk, carried out at least once, tried again by the function's
 * settings, and told to destinations and dead letter queues in the end.
 */
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import { isPlatformError, messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import { Outbox, type OutboxEntry } from '#kernel/outbox';
import { growingPause } from '#kernel/retry';
import type { State, Transaction } from '#kernel/state';
import { functionArn, latest, type FunctionRef } from '../function-name.ts';
import type { FunctionVersion } from '../function.ts';
import type { Functions } from '../functions.ts';
import { functionCaller } from '../runtime/role-credentials.ts';
import { selectPart } from '../store/parts.ts';
import type { AsyncSettings } from './async-settings.ts';
import { sendMessage, type Message } from './destinations.ts';
import { asyncBytesMax, checkPayload, type InvocationResult } from './invocation.ts';
import type { Invocations } from './invocations.ts';

/** What waits on disk. */
interface Owed {
  readonly ref: FunctionRef;
  readonly requestId: string;
  /** JSON text. */
  readonly payload: string;
  readonly clientContext?: string;
  readonly traceHeader?: string | undefined;
  readonly acceptedMs: number;
  /** Tries that the function answered with an error. */
  readonly failures: number;
  /** Tries that did not reach the function, since it was throttled or could not be started. */
  readonly throttles: number;
}

type OwedMessage = Message & { readonly role: string; readonly session: string };

class FunctionFailed extends Error {
  readonly result: InvocationResult;

  constructor(result: InvocationResult) {
    super('the function answered with an error');
    this.result = result;
  }
}

// As in AWS: a minute before the first retry, two before the second.
const retryPausesMs = [60_000, 120_000];
const throttlePauseMaxMs = 300_000;
const messageTriesMax = 10;
const messagePauseMaxMs = 60_000;

export interface AsyncInvocationsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly functions: Pick<Functions, 'get' | 'find'>;
  readonly invocations: Pick<Invocations, 'invoke'>;
  readonly dispatcher: Dispatcher;
  /** Invocations under way at once. */
  readonly concurrency: number;
}

export class AsyncInvocations {
  readonly #parts: AsyncInvocationsParts;
  readonly #owed: Outbox<Owed>;
  readonly #messages: Outbox<OwedMessage>;

  constructor(parts: AsyncInvocationsParts) {
    this.#parts = parts;
    const { state, clock, log, concurrency } = parts;
    this.#owed = new Outbox<Owed>({
      state,
      clock,
      log,
      concurrency,
      box: 'functions-async',
      deliver: (entry, signal) => this.#run(entry, signal),
      // Every try that failed is decided upon in one transaction, below.
      retryAfterMs: () => undefined,
      giveUp: (db, { payload }, error) => this.#afterFailure(db, payload, error),
    });
    this.#messages = new Outbox<OwedMessage>({
      state,
      clock,
      log,
      box: 'functions-destinations',
      deliver: ({ payload }) =>
        sendMessage(this.#parts.dispatcher, payload, functionCaller(payload.role, payload.session)),
      retryAfterMs: ({ attempts }) =>
        attempts + 1 >= messageTriesMax ? undefined : growingPause(attempts, messagePauseMaxMs),
      giveUp: (_db, { payload }, error) =>
        log.warn('a message of a function could not be delivered', {
          target: payload.targetArn,
          error: messageOf(error),
        }),
    });
  }

  start(): void {
    this.#owed.start();
    this.#messages.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#owed.stop(), this.#messages.stop()]);
  }

  /** Resolves once the event is on disk. @throws ResourceNotFoundException, RequestTooLargeException */
  async accept(request: {
    readonly ref: FunctionRef;
    readonly requestId: string;
    readonly payload: Uint8Array | undefined;
    readonly clientContext?: string;
    readonly traceHeader?: string | undefined;
  }): Promise<void> {
    const payload = Buffer.from(checkPayload(request.payload, asyncBytesMax)).toString('utf8');
    this.#parts.functions.get(request.ref);
    const owed: Owed = { ...request, payload, acceptedMs: this.#parts.clock.nowMs(), failures: 0, throttles: 0 };
    await this.#parts.state.write((db) => this.#owed.add(db, owed));
  }

  async #run({ payload: owed }: OutboxEntry<Owed>, signal: AbortSignal): Promise<void> {
    const { ref, requestId, clientContext, traceHeader } = owed;
    if (this.#isTooOld(owed)) throw new Error('the event is too old');
    const work = this.#parts.invocations.invoke({
      ref,
      requestId,
      payload: Buffer.from(owed.payload),
      traceHeader,
      ...(clientContext !== undefined && { clientContext }),
    });
    const result = await Promise.race([work, aborted(signal)]);
    if (result.functionError !== undefined) throw new FunctionFailed(result);
    const target = this.#settings(ref)?.onSuccess;
    if (target !== undefined) {
      await this.#parts.state.write((db) => this.#tell(db, owed, target, 'Success', result));
    }
  }

  /** Runs in the transaction that drops the entry: puts it back for another try, or tells of the end. */
  #afterFailure(db: Transaction, owed: Owed, error: unknown): void {
    const { ref } = owed;
    const settings = this.#settings(ref);
    if (this.#parts.functions.find(ref.scope, ref.name) === undefined) return;
    if (this.#isTooOld(owed)) return this.#giveUp(db, owed, 'EventAgeExceeded', error);
    if (!(error instanceof FunctionFailed)) {
      if (isFinal(error)) return this.#giveUp(db, owed, 'RetriesExhausted', error);
      const delayMs = growingPause(owed.throttles, throttlePauseMaxMs);
      this.#owed.add(db, { ...owed, throttles: owed.throttles + 1 }, { delayMs });
      return;
    }
    const failures = owed.failures + 1;
    if (failures > (settings?.retries ?? retryPausesMs.length)) {
      return this.#giveUp(db, { ...owed, failures }, 'RetriesExhausted', error);
    }
    this.#owed.add(db, { ...owed, failures }, { delayMs: retryPausesMs[failures - 1] ?? 120_000 });
  }

  #giveUp(db: Transaction, owed: Owed, condition: string, error: unknown): void {
    const result = error instanceof FunctionFailed ? error.result : undefined;
    const target = this.#settings(owed.ref)?.onFailure;
    if (target !== undefined) this.#tell(db, owed, target, condition, result);
    const version = this.#version(owed.ref);
    if (version?.deadLetterArn === undefined) return;
    const reason = result === undefined ? messageOf(error).slice(0, 1024) : errorMessageIn(result);
    this.#messages.add(db, {
      ...this.#address(owed, version, version.deadLetterArn),
      body: owed.payload,
      attributes: {
        RequestID: { type: 'String', value: owed.requestId },
        ErrorCode: { type: 'Number', value: result === undefined ? '429' : '200' },
        ErrorMessage: { type: 'String', value: reason },
      },
    });
  }

  #tell(db: Transaction, owed: Owed, target: string, condition: string, result: InvocationResult | undefined): void {
    const version = this.#version(owed.ref);
    if (version === undefined) return;
    const { ref, requestId } = owed;
    const record = {
      version: '1.0',
      timestamp: this.#parts.clock.now().toISOString(),
      requestContext: {
        requestId,
        functionArn: functionArn(ref.scope, ref.name, ref.qualifier ?? latest),
        condition,
        approximateInvokeCount: condition === 'Success' ? owed.failures + 1 : owed.failures,
      },
      requestPayload: JSON.parse(owed.payload) as unknown,
      ...(result !== undefined && {
        responseContext: {
          statusCode: 200,
          executedVersion: result.executedVersion,
          ...(result.functionError !== undefined && { functionError: result.functionError }),
        },
        responsePayload: readJson(result.payload),
      }),
    };
    const outcome = condition === 'Success' ? 'Success' : 'Failure';
    this.#messages.add(db, {
      ...this.#address(owed, version, target),
      body: JSON.stringify(record),
      detailType: `Lambda Function Invocation Result - ${outcome}`,
      traceHeader: result?.traceHeader,
    });
  }

  #address(owed: Owed, version: FunctionVersion, targetArn: string): Omit<OwedMessage, 'body'> {
    const { ref } = owed;
    return {
      targetArn,
      functionArn: functionArn(ref.scope, ref.name, ref.qualifier ?? latest),
      timeMs: this.#parts.clock.nowMs(),
      role: version.role,
      session: version.name,
    };
  }

  #version(ref: FunctionRef): FunctionVersion | undefined {
    try {
      return this.#parts.functions.get(ref);
    } catch {
      return undefined;
    }
  }

  #settings({ scope, name, qualifier }: FunctionRef): AsyncSettings | undefined {
    return selectPart(this.#parts.state.reader, 'async', scope, name, qualifier ?? latest);
  }

  #isTooOld({ ref, acceptedMs }: Owed): boolean {
    const maxAgeMs = (this.#settings(ref)?.maxAgeSeconds ?? 21_600) * 1000;
    return this.#parts.clock.nowMs() - acceptedMs > maxAgeMs;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** What only a change of the function can mend; all else waits for better times. */
function isFinal(error: unknown): boolean {
  return isPlatformError(error) && (error.kind === 'absent' || error.code === 'RecursiveInvocationException');
}

function errorMessageIn(result: InvocationResult): string {
  const told = readJson(result.payload) as { errorMessage?: unknown } | null;
  return typeof told?.errorMessage === 'string' && told.errorMessage !== ''
    ? told.errorMessage.slice(0, 1024)
    : 'Unhandled';
}

function readJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8')) as unknown;
  } catch {
    return payload.toString('utf8');
  }
}
