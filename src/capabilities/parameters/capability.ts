import type { Capability } from '#capability';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { State } from '#kernel/state';
import type { Vault } from '#kernel/vault';
import { parameterOperations } from './api/parameters.ts';
import { tagOperations } from './api/tags.ts';
import { Parameters } from './parameters.ts';
import { parameterResources } from './resources.ts';
import { ParameterStore } from './store.ts';

export function createParameters(platform: {
  readonly state: State;
  readonly clock: Clock;
  readonly events: EventHub;
  readonly vault: Vault;
}): { parameters: Parameters; capability: Capability } {
  const { state, vault, clock, events } = platform;
  const parameters = new Parameters(new ParameterStore(state), vault, clock, events);
  const capability: Capability = {
    name: 'parameters',
    apis: [{ service: 'ssm', operations: { ...parameterOperations(parameters), ...tagOperations(parameters) } }],
    resources: parameterResources,
  };
  return { parameters, capability };
}
