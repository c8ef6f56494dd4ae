/**
 * One process that runs one version of a function, one invocation at a time: started, handed invocations through the
 * Runtime API, killed with everything it has begun when its time or its memory is over.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { PassThrough, type Writable } from 'node:stream';
import type { Clock, Timer } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { FunctionLog } from './function-log.ts';
import type { ResponseStream } from './response-stream.ts';
import { memoryInUse } from './memory.ts';
import { responseBytesMax, type NextInvocation, type Registration, type RuntimePeer } from './runtime-api.ts';
import { OutputLines } from './output-lines.ts';

/** What came of an invocation; everything but a response is answered as an error of the function. */
export type Outcome =
  | { readonly kind: 'response'; readonly body: Buffer }
  /** JSON with `errorType` and `errorMessage`. */
  | { readonly kind: 'error'; readonly body: Buffer }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'exit'; readonly how: string; readonly reason?: string }
  | { readonly kind: 'oversize'; readonly sizeBytes: number };

export interface SandboxOptions {
  readonly clock: Clock;
  readonly log: FunctionLog;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly temporaryFolder: string;
  readonly memoryMb: number;
  /** Ends the output of an invocation; undefined for a bootstrap that knows none. */
  readonly outputMark: string | undefined;
  /** When the credentials of the process end. */
  readonly expiresMs: number;
  /** Told when the walls around the function could not be put up, which is no fault of its code. */
  complain(why: string): void;
}

interface Running {
  readonly requestId: string;
  readonly onStream: ((stream: ResponseStream) => void) | undefined;
  sink?: PassThrough;
  settle(outcome: Outcome): void;
}

// Limit: a function may prepare itself for 10 s before its own time begins to run, as in AWS.
const initMs = 10_000;
/** The output of an invocation is waited for this long after its answer. */
const outputWaitMs = 100;
const memoryCheckMs = 100;
/** Short invocations do not each pay for a look. */
const memoryLookEveryMs = 1000;

export class Sandbox implements RuntimePeer {
  readonly startedMs: number;
  readonly expiresMs: number;
  readonly log: FunctionLog;
  readonly #options: SandboxOptions;
  readonly #output: OutputLines;
  #child: ChildProcess | undefined;
  #registration: Registration | undefined;
  #send: ((invocation: NextInvocation) => void) | undefined;
  #ready: (() => void) | undefined;
  /** Told when the runtime asks for an invocation or ends. */
  #turned: (() => void) | undefined;
  #running: Running | undefined;
  /** Set by an error of the preparation or by the end of the process. */
  #ended: Outcome | undefined;
  #initMs: number | undefined;
  /** When the invocation under way was handed over, by the monotonic clock. */
  #handedMs: number | undefined;
  #isPrepared = false;
  #durationMs = 0;
  #memoryPeakBytes = 0;
  #memoryLookMs = 0;
  #killReason: string | undefined;
  /** What the program that shuts the function in says when it fails. */
  #wallFault: string | undefined;
  #gone: Promise<void> = Promise.resolve();

  constructor(options: SandboxOptions) {
    this.#options = options;
    this.log = options.log;
    this.expiresMs = options.expiresMs;
    this.startedMs = options.clock.nowMs();
    this.#output = new OutputLines(options.outputMark, (line) => {
      if (!this.#isPrepared && /^(?:bwrap|setpriv): /.test(line)) this.#wallFault = line;
      options.log.say(line);
    });
  }

  get isUsable(): boolean {
    return this.#ended === undefined && this.#killReason === undefined;
  }

  /** Time the preparation took, told once: it stands in the first report only. */
  takeInitMs(): number | undefined {
    const initDurationMs = this.#initMs;
    this.#initMs = undefined;
    return initDurationMs;
  }

  /** How long the last invocation took in the function. */
  get durationMs(): number {
    return this.#durationMs;
  }

  get memoryPeakBytes(): number {
    return this.#memoryPeakBytes;
  }

  /** @param env everything that the process sees of an environment */
  start(registration: Registration, env: Readonly<Record<string, string>>): void {
    const { file, args, cwd } = this.#options;
    this.#registration = registration;
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => this.#output.take(chunk, 'out'));
    child.stderr.on('data', (chunk: Buffer) => this.#output.take(chunk, 'err'));
    this.#gone = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#end({ kind: 'exit', how: `Couldn't execute the runtime: ${messageOf(error)}` });
        resolve();
      });
      child.once('close', (code, signal) => {
        this.#end({ kind: 'exit', how: this.#describeEnd(code, signal), ...this.#reason() });
        resolve();
      });
    });
  }

  /**
   * Whether an invocation can be handed to it: a runtime that has just answered may be about to end instead of asking for
   * what comes next. Waits until one of the two is known.
   */
  async isReady(): Promise<boolean> {
    if (this.#isPrepared && this.#send === undefined && this.#ended === undefined) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.setTimer(initMs, resolve);
        this.#turned = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#turned = undefined;
    }
    return this.isUsable && (!this.#isPrepared || this.#send !== undefined);
  }

  /**
   * Runs one invocation. Never rejects. A sandbox that is not usable behind it is to be dropped.
   * @param onStream told when the function begins to answer in pieces; the outcome then has an empty body
   * @param timeoutMs of the function; the preparation of a new sandbox has a time of its own before it
   */
  async invoke(
    invocation: Omit<NextInvocation, 'deadlineMs'>,
    timeoutMs: number,
    onStream?: (stream: ResponseStream) => void,
  ): Promise<Outcome> {
    const { clock } = this.#options;
    const outcome = await new Promise<Outcome>((resolve) => {
      const timers: Timer[] = [];
      const watch = this.#watchMemory();
      const settle = (result: Outcome): void => {
        const running = this.#running;
        if (running?.settle !== settle) return;
        running.sink?.end();
        this.#running = undefined;
        this.#durationMs = performance.now() - (this.#handedMs ?? performance.now());
        this.#handedMs = undefined;
        for (const timer of timers) timer.cancel();
        watch.cancel();
        resolve(result);
      };
      const limit = (): void => {
        timers.push(clock.setTimer(timeoutMs, () => this.#timeOut()));
      };
      this.#running = { requestId: invocation.requestId, onStream, settle };
      if (this.#ended !== undefined) return settle(this.#ended);
      const hand = (): void => {
        for (const timer of timers.splice(0)) timer.cancel();
        limit();
        const send = this.#send;
        this.#send = undefined;
        this.#handedMs = performance.now();
        send?.({ ...invocation, deadlineMs: clock.nowMs() + timeoutMs });
      };
      if (this.#send !== undefined) return hand();
      this.#ready = hand;
      timers.push(clock.setTimer(initMs, limit));
    });
    await this.#output.ended(invocation.requestId, outputWaitMs);
    if (this.#options.clock.nowMs() - this.#memoryLookMs > memoryLookEveryMs) this.#noteMemory();
    return outcome;
  }

  /** Ends the process and what it has begun; resolves when it is gone. */
  async kill(reason = 'stopped'): Promise<void> {
    this.#killReason ??= reason;
    this.#signal();
    await this.#gone;
    this.#registration?.close();
    await this.log.written();
    await rm(this.#options.temporaryFolder, { recursive: true, force: true }).catch(() => undefined);
  }

  onNext(send: (invocation: NextInvocation) => void): void {
    if (!this.#isPrepared) this.#initMs = this.#options.clock.nowMs() - this.startedMs;
    this.#isPrepared = true;
    this.#send = send;
    const ready = this.#ready;
    this.#ready = undefined;
    ready?.();
    this.#turned?.();
  }

  onResponse(requestId: string, body: Buffer): boolean {
    return this.#settle(requestId, { kind: 'response', body });
  }

  onOversize(requestId: string, sizeBytes: number): boolean {
    return this.#settle(requestId, { kind: 'oversize', sizeBytes });
  }

  onError(requestId: string, body: Buffer): boolean {
    return this.#settle(requestId, { kind: 'error', body: body.subarray(0, responseBytesMax) });
  }

  openStream(requestId: string, contentType: string): Writable | undefined {
    const running = this.#running;
    if (running?.requestId !== requestId || running.onStream === undefined) return undefined;
    // A second answer to one invocation has nobody who waits for it.
    if (running.sink !== undefined) return undefined;
    const sink = new PassThrough();
    // Whoever takes the pieces may have gone.
    sink.on('error', () => undefined);
    running.sink = sink;
    running.onStream({ contentType, body: sink });
    return sink;
  }

  onInitError(body: Buffer): void {
    this.#end({ kind: 'error', body });
  }

  #settle(requestId: string, outcome: Outcome): boolean {
    if (this.#running?.requestId !== requestId) return false;
    this.#running.settle(outcome);
    return true;
  }

  #end(outcome: Outcome): void {
    this.#ended ??= outcome;
    this.#running?.settle(this.#ended);
    this.#turned?.();
  }

  #timeOut(): void {
    this.#killReason = 'timeout';
    this.#signal();
    this.#running?.settle({ kind: 'timeout' });
  }

  #describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#isPrepared || this.#wallFault === undefined || code === 0) return describeExit(code, signal);
    this.#options.complain(this.#wallFault);
    return `The sandbox could not start: ${this.#wallFault}`;
  }

  #reason(): { reason?: string } {
    return this.#killReason === undefined ? {} : { reason: this.#killReason };
  }

  /** Limit: a plain process that leaves its process group outlives its sandbox; in bubblewrap nothing does. */
  #signal(): void {
    const pid = this.#child?.pid;
    if (pid === undefined || this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL');
    }
  }

  // Limit: memory is enforced by looking ten times a second; a function may be above its limit for that long.
  #watchMemory(): Timer {
    const { clock, memoryMb } = this.#options;
    let timer: Timer;
    const look = (): void => {
      if (this.#noteMemory() > memoryMb * 2 ** 20) {
        this.#killReason = 'memory';
        this.#signal();
        return;
      }
      timer = clock.setTimer(memoryCheckMs, look);
    };
    timer = clock.setTimer(memoryCheckMs, look);
    return { cancel: () => timer.cancel() };
  }

  #noteMemory(): number {
    this.#memoryLookMs = this.#options.clock.nowMs();
    const pid = this.#child?.pid;
    const bytes = pid === undefined || this.#ended !== undefined ? 0 : memoryInUse(pid);
    this.#memoryPeakBytes = Math.max(this.#memoryPeakBytes, bytes);
    return bytes;
  }
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `Runtime exited with error: signal: ${signal === 'SIGKILL' ? 'killed' : signal}`;
  // Bubblewrap and shells tell of a signal in this way.
  if (code === 137) return 'Runtime exited with error: signal: killed';
  return code === 0 || code === null
    ? 'Runtime exited without providing a reason'
    : `Runtime exited with error: exit status ${code}`;
}
