/** Runs invocations at once: finds the version, keeps reserved concurrency, takes a sandbox, writes the report. */
import type { Clock } from '#kernel/clock';
import { recursiveInvocation, throttled } from '../errors.ts';
import { functionArn, type FunctionRef } from '../function-name.ts';
import type { FunctionVersion } from '../function.ts';
import type { Functions } from '../functions.ts';
import type { Launcher } from '../runtime/launcher.ts';
import type { Pool } from '../runtime/pool.ts';
import { reportLines, startLines } from '../runtime/platform-lines.ts';
import type { ResponseStream } from '../runtime/response-stream.ts';
import type { Outcome, Sandbox } from '../runtime/sandbox.ts';
import { continueTrace, roundsMax } from './lineage.ts';
import { checkPayload, describeOutcome, syncBytesMax, type InvocationResult } from './invocation.ts';

export interface InvocationRequest {
  readonly ref: FunctionRef;
  readonly requestId: string;
  readonly payload: Uint8Array | undefined;
  /** The end of the log comes with the answer. */
  readonly tail?: boolean;
  /** JSON text. */
  readonly clientContext?: string;
  /** The X-Ray trace header that came with the event. */
  readonly traceHeader?: string | undefined;
  /** Told when the function begins to answer in pieces; the result then has no payload. */
  readonly onStream?: (stream: StartedStream) => void;
}

export interface StartedStream extends ResponseStream {
  readonly executedVersion: string;
}

export interface InvocationsParts {
  readonly functions: Functions;
  readonly launcher: Launcher;
  readonly pool: Pool;
  readonly clock: Clock;
}

export class Invocations {
  readonly #parts: InvocationsParts;
  /** Invocations under way by `scope/name`. */
  readonly #running = new Map<string, number>();

  constructor(parts: InvocationsParts) {
    this.#parts = parts;
  }

  /**
   * Runs the function and waits for its answer; an error of the function is an answer too.
   * @throws ResourceNotFoundException, TooManyRequestsException, RecursiveInvocationException, ServiceException when it
   *   could not be run at all
   */
  async invoke(request: InvocationRequest): Promise<InvocationResult> {
    const { ref } = request;
    const payload = checkPayload(request.payload, syncBytesMax);
    const version = this.#parts.functions.resolve(ref);
    const traceHeader = this.#continueTrace(request);
    const release = this.#reserve(ref);
    try {
      return await this.#run({ ...request, traceHeader }, payload, version);
    } finally {
      release();
    }
  }

  /**
   * As `invoke`, but resolves when the function begins to answer in pieces, or has answered in one.
   * @returns the pieces, and the result that comes behind them
   */
  begin(
    request: InvocationRequest,
  ): Promise<{ readonly stream: StartedStream | undefined; readonly result: Promise<InvocationResult> }> {
    return new Promise((resolve, reject) => {
      const result = this.invoke({ ...request, onStream: (stream) => resolve({ stream, result }) });
      result.then(() => resolve({ stream: undefined, result }), reject);
    });
  }

  #continueTrace({ ref: { scope, name }, traceHeader }: InvocationRequest): string {
    const { functions, clock } = this.#parts;
    const arn = functionArn(scope, name);
    const { header, rounds } = continueTrace(traceHeader, arn, clock.nowMs());
    if (rounds > roundsMax && functions.recursiveLoop({ scope, name }) === 'Terminate') throw recursiveInvocation(arn);
    return header;
  }

  #reserve({ scope, name }: FunctionRef): () => void {
    const key = `${scope}/${name}`;
    const count = this.#running.get(key) ?? 0;
    const { reserved } = this.#parts.functions.row({ scope, name });
    if (reserved !== undefined && count >= reserved) {
      throw throttled('ReservedFunctionConcurrentInvocationLimitExceeded');
    }
    this.#running.set(key, count + 1);
    return () => {
      const left = (this.#running.get(key) ?? 1) - 1;
      if (left === 0) this.#running.delete(key);
      else this.#running.set(key, left);
    };
  }

  async #run(
    request: InvocationRequest & { readonly traceHeader: string },
    payload: Uint8Array,
    version: FunctionVersion,
  ): Promise<InvocationResult> {
    const { pool, clock } = this.#parts;
    const timeoutMs = version.timeoutSeconds * 1000;
    const sandbox = await this.#acquire(version, clock.nowMs() + timeoutMs);
    const { requestId, ref } = request;
    const { log } = sandbox;
    if (request.tail === true) log.startTail();
    for (const line of startLines(version, requestId, clock.now())) log.say(line);
    let outcome: Outcome;
    try {
      outcome = await sandbox.invoke(
        {
          requestId,
          payload,
          functionArn: functionArn(ref.scope, ref.name, ref.qualifier),
          traceId: request.traceHeader,
          ...(request.clientContext !== undefined && { clientContext: request.clientContext }),
        },
        timeoutMs,
        request.onStream && ((stream) => request.onStream?.({ ...stream, executedVersion: version.version })),
      );
      this.#report(sandbox, version, requestId, outcome);
    } finally {
      pool.release(sandbox);
    }
    const { payload: answer, isError } = describeOutcome(outcome, requestId, version);
    if (request.tail === true) await log.written();
    return {
      payload: answer,
      executedVersion: version.version,
      traceHeader: request.traceHeader,
      ...(isError && { functionError: 'Unhandled' as const }),
      ...(request.tail === true && { logTail: log.tail() }),
    };
  }

  async #acquire(version: FunctionVersion, aliveUntilMs: number): Promise<Sandbox> {
    const { pool, launcher } = this.#parts;
    for (;;) {
      const sandbox = await pool.acquire(poolKey(version), () => launcher.launch(version), aliveUntilMs);
      if (await sandbox.isReady()) return sandbox;
      pool.drop(sandbox);
    }
  }

  #report(sandbox: Sandbox, version: FunctionVersion, requestId: string, outcome: Outcome): void {
    const lines = reportLines({
      requestId,
      version,
      outcome,
      durationMs: Math.max(0.01, sandbox.durationMs),
      initMs: sandbox.takeInitMs(),
      memoryPeakBytes: sandbox.memoryPeakBytes,
      now: this.#parts.clock.now(),
    });
    for (const line of lines) sandbox.log.say(line);
  }
}

/** Sandboxes of one revision of one version are alike. */
export function poolKey({ scope, name, version, revisionId }: FunctionVersion): string {
  return `${scope} ${name} ${version} ${revisionId}`;
}
