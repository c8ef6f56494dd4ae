import type { EventBridge } from '@aws-sdk/client-eventbridge';
import type { HandlersOf } from '#gateway';
import { archiveArn, archiveNameOf } from '../archives/archive.ts';
import { replayArn, type Replay } from '../archives/replay.ts';
import type { Replays } from '../archives/replays.ts';
import { busAddress, busArn } from '../buses/bus.ts';
import { validation } from '../errors.ts';
import { pageFor } from './page.ts';

export function replayOperations(replays: Replays): HandlersOf<EventBridge> {
  return {
    async StartReplay(input, { scope }) {
      const { Arn = '', FilterArns: ruleArns = [] } = input.Destination ?? {};
      if (!/^arn:[^:]+:events:[^:]*:[^:]*:event-bus\//.test(Arn)) {
        throw validation('Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.');
      }
      const replay = await replays.create(scope, {
        name: input.ReplayName ?? '',
        ...(input.Description !== undefined && { description: input.Description }),
        archive: archiveNameOf(input.EventSourceArn ?? ''),
        bus: busAddress(Arn, scope).bus,
        ruleArns,
        fromMs: input.EventStartTime?.getTime() ?? 0,
        toMs: input.EventEndTime?.getTime() ?? 0,
      });
      return changed(scope, replay);
    },
    async CancelReplay(input, { scope }) {
      const replay = await replays.cancel(scope, input.ReplayName ?? '');
      return { ReplayArn: replayArn(scope, replay.name), State: replay.state };
    },
    DescribeReplay(input, { scope }) {
      const replay = replays.get(scope, input.ReplayName ?? '');
      const { description, ruleArns, bus } = replay;
      return {
        ...wireReplay(scope, replay),
        ReplayArn: replayArn(scope, replay.name),
        ...(description !== undefined && { Description: description }),
        Destination: { Arn: busArn(scope, bus), ...(ruleArns.length > 0 && { FilterArns: [...ruleArns] }) },
      };
    },
    ListReplays(input, { scope }) {
      const ways = [input.NamePrefix, input.EventSourceArn, input.State].filter((way) => way !== undefined);
      if (ways.length > 1) {
        throw validation(
          'At most one filter is allowed for ListReplays. Use one of: State, EventSourceArn, NamePrefix.',
        );
      }
      const wanted = replays
        .list(scope)
        .filter(({ name, state }) => name.startsWith(input.NamePrefix ?? '') && (input.State ?? state) === state)
        .filter(({ archive }) => (input.EventSourceArn ?? archiveArn(scope, archive)) === archiveArn(scope, archive));
      const page = pageFor(wanted, input, ({ name }) => [name]);
      return {
        Replays: page.items.map((replay) => wireReplay(scope, replay)),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
  };
}

function changed(scope: string, { name, state, startedMs }: Replay) {
  return { ReplayArn: replayArn(scope, name), State: state, ReplayStartTime: new Date(startedMs) };
}

function wireReplay(scope: string, replay: Replay) {
  const { stateReason, lastEventMs, endedMs } = replay;
  return {
    ReplayName: replay.name,
    EventSourceArn: archiveArn(scope, replay.archive),
    State: replay.state,
    ...(stateReason !== undefined && { StateReason: stateReason }),
    EventStartTime: new Date(replay.fromMs),
    EventEndTime: new Date(replay.toMs),
    ...(lastEventMs !== undefined && { EventLastReplayedTime: new Date(lastEventMs) }),
    ReplayStartTime: new Date(replay.startedMs),
    ...(endedMs !== undefined && { ReplayEndTime: new Date(endedMs) }),
  };
}
