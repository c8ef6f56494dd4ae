/** Runs invocations at once: finds the version, keeps reserved concurrency, takes a sandbox, writes the report. */
import type { Clock } from '#kernel/clock';
import { newHexId } from '#kernel/ids';
import { throttled } from '../errors.ts';
import { functionArn, type FunctionRef } from '../function-name.ts';
import type { FunctionVersion } from '../function.ts';
import type { Functions } from '../functions.ts';
import type { Launcher } from '../runtime/launcher.ts';
import type { Pool } from '../runtime/pool.ts';
import type { Outcome, Sandbox } from '../runtime/sandbox.ts';
import { checkPayload, complaintOf, describeOutcome, syncBytesMax, type InvocationResult } from './invocation.ts';

export interface InvocationRequest {
  readonly ref: FunctionRef;
  readonly requestId: string;
  readonly payload: Uint8Array | undefined;
  /** The end of the log comes with the answer. */
  readonly tail?: boolean;
  /** JSON text. */
  readonly clientContext?: string;
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
   * @throws ResourceNotFoundException, TooManyRequestsException, ServiceException when it could not be run at all
   */
  async invoke(request: InvocationRequest): Promise<InvocationResult> {
    const { ref } = request;
    const payload = checkPayload(request.payload, syncBytesMax);
    const version = this.#parts.functions.resolve(ref);
    const release = this.#reserve(ref);
    try {
      return await this.#run(request, payload, version);
    } finally {
      release();
    }
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

  async #run(request: InvocationRequest, payload: Uint8Array, version: FunctionVersion): Promise<InvocationResult> {
    const { pool, clock } = this.#parts;
    const timeoutMs = version.timeoutSeconds * 1000;
    const sandbox = await this.#acquire(version, clock.nowMs() + timeoutMs);
    const { requestId, ref } = request;
    const { log } = sandbox;
    if (request.tail === true) log.startTail();
    log.say(`START RequestId: ${requestId} Version: ${version.version}`);
    let outcome: Outcome;
    try {
      outcome = await sandbox.invoke(
        {
          requestId,
          payload,
          functionArn: functionArn(ref.scope, ref.name, ref.qualifier),
          traceId: `Root=1-${Math.floor(clock.nowMs() / 1000).toString(16)}-${newHexId(12)};Sampled=0`,
          ...(request.clientContext !== undefined && { clientContext: request.clientContext }),
        },
        timeoutMs,
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
    const { log } = sandbox;
    const initMs = sandbox.takeInitMs();
    const durationMs = Math.max(0.01, sandbox.durationMs);
    const complaint = complaintOf(outcome, requestId, version, this.#parts.clock.now());
    if (complaint !== undefined) log.say(complaint);
    log.say(`END RequestId: ${requestId}`);
    const facts = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs)} ms`,
      `Memory Size: ${version.memoryMb} MB`,
      `Max Memory Used: ${Math.ceil(sandbox.memoryPeakBytes / 2 ** 20)} MB`,
      ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
      ...(outcome.kind === 'timeout' ? ['Status: timeout'] : []),
    ];
    log.say(`${facts.join('\t')}\t`);
  }
}

/** Sandboxes of one revision of one version are alike. */
export function poolKey({ scope, name, version, revisionId }: FunctionVersion): string {
  return `${scope} ${name} ${version} ${revisionId}`;
}
