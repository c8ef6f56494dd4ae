/** A step of a cluster. */
import { newUpperId } from '#kernel/ids';
import type { StateReason } from './cluster.ts';

export type StepState = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED' | 'INTERRUPTED';
export type ActionOnFailure = 'TERMINATE_CLUSTER' | 'CANCEL_AND_WAIT' | 'CONTINUE';

export interface StepCommand {
  readonly jar: string;
  readonly mainClass?: string | undefined;
  readonly args: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

export interface Step {
  /** `s-…` */
  readonly id: string;
  readonly clusterId: string;
  readonly name: string;
  readonly actionOnFailure: ActionOnFailure;
  readonly command: StepCommand;
  readonly executionRole?: string;
  /** See `creation-token.ts`. */
  readonly token?: string;
  readonly state: StepState;
  readonly reason?: StateReason;
  readonly failure?: { readonly reason: string; readonly message: string; readonly logFile?: string };
  readonly createdMs: number;
  readonly startedMs?: number;
  readonly endedMs?: number;
  /** What carries it out. */
  readonly applicationId?: number;
}

export function stepHasEnded({ state }: Step): boolean {
  return state !== 'PENDING' && state !== 'RUNNING';
}

export function newStepId(): string {
  return `s-${newUpperId(20)}`;
}
