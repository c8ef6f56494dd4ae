/** The events of a function or a state machine while they are expanded. */
import { type Mapping, type Value, formatValue, isMapping } from '../../value.ts';
import { serverlessError } from '../errors.ts';
import type { ServerlessResource } from '../expansion.ts';

/** A function as the parts around it see it. */
export interface ExpandedFunction {
  readonly resource: ServerlessResource;
  /** What starts it, by name: the function, or its alias. */
  readonly name: Mapping;
  readonly arn: Mapping;
  readonly alias: { readonly name: string; readonly logicalId: string } | undefined;
  /** Policies that its events and destinations ask for. */
  readonly needs: { readonly managed: Set<string>; readonly before: Mapping[]; readonly after: Mapping[] };
}

/** An event of a function in the making. */
export interface FunctionEvent {
  readonly id: string;
  /** Of what it makes: the function's and the event's name together. */
  readonly logicalId: string;
  readonly properties: Mapping;
  readonly target: ExpandedFunction;
}

/** An event in the making, whatever it starts. */
export interface TargetedEvent {
  readonly id: string;
  readonly logicalId: string;
  readonly properties: Mapping;
  /** Logical id of the function or state machine, for messages. */
  readonly owner: string;
  readonly attributes: Mapping;
  readonly arn: Value;
}

/** The events of a function or a state machine, by name. @throws ValidationError */
export function eventsOf({
  logicalId,
  properties,
}: ServerlessResource): { id: string; type: string; properties: Mapping }[] {
  const events = properties['Events'] ?? {};
  if (!isMapping(events)) throw serverlessError(logicalId, "Property 'Events' should be a map.");
  return Object.entries(events).map(([id, event]) => {
    const type = isMapping(event) ? event['Type'] : undefined;
    const body = isMapping(event) ? (event['Properties'] ?? {}) : undefined;
    if (typeof type === 'string' && isMapping(body)) return { id, type, properties: body };
    throw serverlessError(
      logicalId,
      `Event with id [${id}] is invalid. It needs a Type and Properties, not ${formatValue(event)}.`,
    );
  });
}
