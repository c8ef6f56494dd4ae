/** An interactive session of Livy and its statements. */
import type { Caller } from '#gateway';

export type SessionKind = 'pyspark' | 'sql' | 'shared';
export type SessionState = 'starting' | 'idle' | 'busy' | 'dead' | 'killed' | 'shutting_down';
export type StatementState = 'waiting' | 'running' | 'available' | 'error' | 'cancelling' | 'cancelled';

export interface SessionOptions {
  readonly kind: SessionKind;
  readonly name?: string | undefined;
  readonly proxyUser?: string | undefined;
  readonly conf: Readonly<Record<string, string>>;
  readonly pyFiles: readonly string[];
  readonly jars: readonly string[];
  readonly files: readonly string[];
  readonly driverMemory?: string | undefined;
  /** Ended when no client asks for it this long; 0 means never. */
  readonly heartbeatTimeoutSeconds: number;
  /** Ended when it is not used this long, instead of an hour. */
  readonly ttl?: string | undefined;
}

export interface Session {
  readonly id: number;
  readonly scope: string;
  readonly caller: Caller;
  readonly options: SessionOptions;
  readonly state: SessionState;
  /** Marks its processes, so that a restart finds them. */
  readonly token: string;
  readonly createdMs: number;
  readonly reason?: string;
  readonly appId?: string;
  readonly sparkUiUrl?: string;
}

/** In the shape of Livy's statement output. */
export type StatementOutput =
  | { readonly status: 'ok'; readonly execution_count: number; readonly data: Readonly<Record<string, unknown>> }
  | {
      readonly status: 'error';
      readonly execution_count: number;
      readonly ename: string;
      readonly evalue: string;
      readonly traceback: readonly string[];
    };

export interface Statement {
  readonly id: number;
  readonly code: string;
  readonly kind: SessionKind;
  state: StatementState;
  output: StatementOutput | null;
  startedMs: number;
  completedMs: number;
}

export function sessionHasEnded({ state }: Session): boolean {
  return state === 'dead' || state === 'killed';
}

/** @returns milliseconds of `90`, `90s`, `10m`, `2h` or `500ms`, a bare number being milliseconds; undefined for another text */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = 'ms'] = /^(\d{1,9})(ms|s|m|min|h|d)?$/.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  const unitMs: Readonly<Record<string, number>> = {
    ms: 1,
    s: 1000,
    m: 60_000,
    min: 60_000,
    h: 3_600_000,
    d: 86_400_000,
  };
  return Number(digits) * (unitMs[unit] ?? 1);
}
