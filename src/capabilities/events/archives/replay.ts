/** Replays: events of an archive, sent through the rules of their bus once more. */
import { formatArn } from '#kernel/arn';
import { validation } from '../errors.ts';

export type ReplayState = 'STARTING' | 'RUNNING' | 'CANCELLING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';

export interface Replay {
  readonly name: string;
  readonly description?: string;
  readonly state: ReplayState;
  readonly stateReason?: string;
  readonly archive: string;
  readonly bus: string;
  /** ARNs of the rules that get the events; every rule of the bus when there are none. */
  readonly ruleArns: readonly string[];
  /** The time of an event decides: from here on. */
  readonly fromMs: number;
  /** Up to here, inclusive. */
  readonly toMs: number;
  readonly startedMs: number;
  readonly endedMs?: number;
  /** Time of the last event that was sent. */
  readonly lastEventMs?: number;
}

export function replayArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'events', region, accountId, resource: `replay/${name}` });
}

export function hasEnded({ state }: Pick<Replay, 'state'>): boolean {
  return state === 'COMPLETED' || state === 'CANCELLED' || state === 'FAILED';
}

/** @throws ValidationException */
export function checkReplay({ fromMs, toMs, bus, ruleArns }: Replay, archiveBus: string): void {
  if (fromMs >= toMs) {
    throw validation('Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.');
  }
  if (bus !== archiveBus) {
    throw validation('Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.');
  }
  const stranger = ruleArns.find((arn) => !/^arn:[^:]+:events:[^:]*:[^:]*:rule\//.test(arn));
  if (stranger !== undefined) {
    throw validation(`Parameter Destination.FilterArns is not valid. Reason: ${stranger} is not the ARN of a rule.`);
  }
}
