import type { CreateEventBusRequest, EventBridge } from '@aws-sdk/client-eventbridge';
import type { HandlersOf } from '#gateway';
import { busAddress, busArn, type Bus } from '../buses/bus.ts';
import type { Buses } from '../buses/buses.ts';
import { validation } from '../errors.ts';
import { tagsOf } from '../tags.ts';
import { pageFor } from './page.ts';

export function busOperations(buses: Buses): HandlersOf<EventBridge> {
  return {
    async CreateEventBus(input, { scope }) {
      if (input.EventSourceName !== undefined) throw notServed('partner event sources (EventSourceName)');
      refuseForeign(input);
      const settings = { description: input.Description, deadLetterArn: input.DeadLetterConfig?.Arn };
      const bus = await buses.create(scope, input.Name ?? '', settings, tagsOf(input.Tags));
      return { EventBusArn: busArn(scope, bus.name), ...settingsOf(bus) };
    },
    async UpdateEventBus(input, { scope }) {
      refuseForeign(input);
      const settings = { description: input.Description, deadLetterArn: input.DeadLetterConfig?.Arn };
      const bus = await buses.update(busAddress(input.Name, scope), settings);
      return { Arn: busArn(scope, bus.name), Name: bus.name, ...settingsOf(bus) };
    },
    async DeleteEventBus(input, { scope }) {
      await buses.delete(busAddress(input.Name, scope));
      return {};
    },
    DescribeEventBus(input, { scope }) {
      const address = busAddress(input.Name, scope);
      return { ...wireBus(address.scope, buses.get(address)), ...settingsOf(buses.get(address)) };
    },
    ListEventBuses(input, { scope }) {
      const page = pageFor(buses.list(scope, input.NamePrefix), input, ({ name }) => [name]);
      return {
        EventBuses: page.items.map((bus) => wireBus(scope, bus)),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
    async PutPermission(input, { scope }) {
      const address = busAddress(input.EventBusName, scope);
      if (input.Policy !== undefined) {
        await buses.putPolicy(address, input.Policy);
        return {};
      }
      const { Action, Principal, StatementId, Condition } = input;
      if (Action === undefined || Principal === undefined || StatementId === undefined) {
        throw validation('Give Policy, or all of Action, Principal and StatementId.');
      }
      await buses.addStatement(address, {
        Sid: StatementId,
        Effect: 'Allow',
        Principal: Principal === '*' ? '*' : { AWS: `arn:aws:iam::${Principal}:root` },
        Action,
        Resource: busArn(address.scope, address.bus),
        ...(Condition && { Condition: { [Condition.Type ?? '']: { [Condition.Key ?? '']: Condition.Value } } }),
      });
      return {};
    },
    async RemovePermission(input, { scope }) {
      const address = busAddress(input.EventBusName, scope);
      if (input.RemoveAllPermissions === true) await buses.removePolicy(address);
      else await buses.removeStatement(address, input.StatementId ?? '');
      return {};
    },
  };
}

function wireBus(scope: string, bus: Bus) {
  return {
    Name: bus.name,
    Arn: busArn(scope, bus.name),
    ...(bus.description !== undefined && { Description: bus.description }),
    ...(bus.policy !== undefined && { Policy: bus.policy }),
    ...(bus.createdMs > 0 && { CreationTime: new Date(bus.createdMs) }),
    ...(bus.modifiedMs > 0 && { LastModifiedTime: new Date(bus.modifiedMs) }),
  };
}

function settingsOf(bus: Bus) {
  return {
    ...(bus.description !== undefined && { Description: bus.description }),
    ...(bus.deadLetterArn !== undefined && { DeadLetterConfig: { Arn: bus.deadLetterArn } }),
  };
}

// Limit: nothing fails before it comes to a rule, so that the dead-letter queue of a bus, which is kept, stays empty.
function refuseForeign(input: Pick<CreateEventBusRequest, 'KmsKeyIdentifier' | 'LogConfig'>): void {
  if (input.KmsKeyIdentifier !== undefined) throw notServed('encryption keys (KmsKeyIdentifier)');
  const level = input.LogConfig?.Level ?? 'OFF';
  if (level !== 'OFF') throw notServed(`logs of a bus (LogConfig with the level ${level})`);
}

function notServed(what: string): Error {
  return validation(`Here are no ${what}. Leave it out.`);
}
