/** A task that takes messages out of a dead letter queue, back to where they came from or to a queue of choice. */
import { badParameter } from './errors.ts';

export type MoveStatus = 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';

export interface MoveTask {
  readonly id: string;
  readonly sourceArn: string;
  /** Undefined: each message goes back to the queue that gave it up. */
  readonly destinationArn: string | undefined;
  readonly perSecondMax: number | undefined;
  readonly status: MoveStatus;
  readonly moved: number;
  /** Messages in the source when it began. */
  readonly toMove: number;
  readonly startedMs: number;
  readonly failure: string | undefined;
}

export function formatHandle({ id, sourceArn }: Pick<MoveTask, 'id' | 'sourceArn'>): string {
  return Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString('base64');
}

/** @throws InvalidParameterValue */
export function parseHandle(handle: string): { id: string; sourceArn: string } {
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, 'base64').toString('utf8')) as Record<string, unknown>;
    if (typeof taskId === 'string' && typeof sourceArn === 'string') return { id: taskId, sourceArn };
  } catch {
    // Falls through to the one error below.
  }
  throw badParameter(`Value ${handle.slice(0, 100)} for parameter TaskHandle is invalid.`);
}
