/** The parts that the operations speak to. */
import type { Clock } from '#kernel/clock';
import type { Executions } from '../execution/executions.ts';
import type { Activities } from '../machines/activities.ts';
import type { Deletions } from '../machines/deletions.ts';
import type { Machines } from '../machines/machines.ts';
import type { Pointers } from '../machines/pointers.ts';
import type { StateTestParts } from '../teststate/state-test.ts';

export interface Face {
  readonly machines: Machines;
  readonly pointers: Pointers;
  readonly activities: Activities;
  readonly deletions: Deletions;
  readonly executions: Executions;
  readonly stateTests: StateTestParts;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}
