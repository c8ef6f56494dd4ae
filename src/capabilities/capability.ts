/**
 * What every capability offers to the platform. All parts but the name are optional; `platform.ts` holds the list.
 */
import type { Route, ServiceApi } from '#gateway';
import type { Schema } from '#kernel/state';
import type { ResourceType } from './resource-type.ts';

export { unlessAbsent } from './resource-presence.ts';
export { changeTags, tagsOf, wireTags } from './resource-tags.ts';
export type { Properties, ResourceAttributes, ResourceContext, ResourceState, ResourceType } from './resource-type.ts';

export interface Health {
  readonly ok: boolean;
  readonly detail: string;
}

export interface Capability {
  /** The folder's name, such as `catalog`. */
  readonly name: string;
  readonly apis?: readonly ServiceApi[];
  /** CloudFormation types this capability owns. */
  readonly resources?: readonly ResourceType[];
  /** Paths outside the service models, such as `/health`. */
  readonly routes?: readonly Route[];
  /** Called once the gateway can dispatch and before it listens: resume what a crash interrupted. */
  start?(): Promise<void> | void;
  /** Called on shutdown, in reverse order: finish or hand back what is in hand, within the time that `signal` leaves. */
  stop?(): Promise<void> | void;
  health?(): Health;
}

/** The part of the state that a capability keeps, declared beside its store so that the platform can open one file. */
export type { Schema };
