/** Layers: archives in numbered versions that functions lay over each other below /opt. */
import type { Clock } from '#kernel/clock';
import { findArn } from '#kernel/arn';
import type { State } from '#kernel/state';
import type { CodeStore } from './code/code-store.ts';
import { invalidParameter, noSuchResource, preconditionFailed } from './errors.ts';
import { lambdaArn } from './function-name.ts';
import type { CodeFacts } from './function.ts';
import { emptyPolicy, type Policy } from './policy.ts';
import { isCodeUsed } from './store/functions.ts';
import {
  insertLayerVersion,
  nextLayerVersion,
  removeLayerVersion,
  selectLayerVersion,
  selectLayerVersions,
  updateLayerVersion,
} from './store/layers.ts';

export interface LayerVersion {
  readonly scope: string;
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly runtimes: readonly string[];
  readonly architectures: readonly string[];
  readonly license?: string;
  readonly code: CodeFacts;
  readonly createdMs: number;
  readonly policy: Policy;
  /** The step of a deployment that made it. */
  readonly madeBy?: string;
}

export class Layers {
  readonly #state: State;
  readonly #clock: Clock;
  readonly #codes: CodeStore;

  constructor(state: State, clock: Clock, codes: CodeStore) {
    this.#state = state;
    this.#clock = clock;
    this.#codes = codes;
  }

  async publish(
    scope: string,
    nameOrArn: string,
    facts: Pick<LayerVersion, 'description' | 'runtimes' | 'architectures' | 'license'>,
    zip: Buffer,
  ): Promise<LayerVersion> {
    const name = layerName(nameOrArn);
    const code = await this.#codes.hold(zip);
    try {
      return await this.#state.write((db) => {
        const version = nextLayerVersion(db, scope, name);
        const createdMs = this.#clock.nowMs();
        const layer: LayerVersion = { ...facts, scope, name, version, code, createdMs, policy: emptyPolicy };
        insertLayerVersion(db, layer);
        return layer;
      });
    } finally {
      this.#codes.letGo(code.codeId);
      await this.#dropUnused(code.codeId);
    }
  }

  /** @throws ResourceNotFoundException */
  get(scope: string, nameOrArn: string, version: number): LayerVersion {
    const found = selectLayerVersion(this.#state.reader, scope, layerName(nameOrArn), version);
    if (found === undefined) throw noSuchResource();
    return found;
  }

  /** @param arn of a layer version. @throws InvalidParameterValueException */
  getByArn(arn: string): LayerVersion {
    const parsed = parseLayerArn(arn);
    const found = parsed && selectLayerVersion(this.#state.reader, parsed.scope, parsed.name, parsed.version);
    if (found === undefined) throw invalidParameter(`Layer version ${arn} does not exist.`);
    return found;
  }

  /** The version that a step of a deployment has made. */
  findMade(scope: string, token: string): LayerVersion | undefined {
    return this.list(scope).find(({ madeBy }) => madeBy === token);
  }

  async noteMade(arn: string, token: string): Promise<void> {
    await this.#state.write((db) => updateLayerVersion(db, { ...this.getByArn(arn), madeBy: token }));
  }

  /** The newest version first; of one layer, or of all. */
  list(scope: string, nameOrArn?: string): LayerVersion[] {
    return selectLayerVersions(this.#state.reader, scope, nameOrArn === undefined ? undefined : layerName(nameOrArn));
  }

  /** Deleting what is not there is no error, as in AWS. Functions that use it keep their archive. */
  async delete(scope: string, nameOrArn: string, version: number): Promise<void> {
    const name = layerName(nameOrArn);
    const user = await this.#state.write((db) => {
      const layer = selectLayerVersion(db, scope, name, version);
      removeLayerVersion(db, scope, name, version);
      return layer;
    });
    if (user !== undefined) await this.#dropUnused(user.code.codeId);
  }

  changePolicy(
    scope: string,
    nameOrArn: string,
    version: number,
    revisionId: string | undefined,
    change: (policy: Policy) => Policy,
  ): Promise<Policy> {
    return this.#state.write((db) => {
      const layer = selectLayerVersion(db, scope, layerName(nameOrArn), version);
      if (layer === undefined) throw noSuchResource();
      if (revisionId !== undefined && revisionId !== layer.policy.revisionId) throw preconditionFailed();
      const policy = change(layer.policy);
      updateLayerVersion(db, { ...layer, policy });
      return policy;
    });
  }

  async #dropUnused(codeId: string): Promise<void> {
    if (!isCodeUsed(this.#state.reader, codeId)) await this.#codes.remove(codeId);
  }
}

export function layerArn(scope: string, name: string): string {
  return lambdaArn(scope, `layer:${name}`);
}

export function layerVersionArn({ scope, name, version }: Pick<LayerVersion, 'scope' | 'name' | 'version'>): string {
  return `${layerArn(scope, name)}:${version}`;
}

export function parseLayerArn(arn: string): { scope: string; name: string; version: number } | undefined {
  const parsed = findArn(arn);
  const [, name, version] = /^layer:([a-zA-Z0-9-_]+):(\d+)$/.exec(parsed?.resource ?? '') ?? [];
  if (parsed?.service !== 'lambda' || name === undefined) return undefined;
  return { scope: `${parsed.accountId}/${parsed.region}`, name, version: Number(version) };
}

function layerName(nameOrArn: string): string {
  const name = nameOrArn.startsWith('arn:') ? /:layer:([^:]+)(?::\d+)?$/.exec(nameOrArn)?.[1] : nameOrArn;
  if (name === undefined || !/^[a-zA-Z0-9-_]{1,140}$/.test(name)) {
    throw invalidParameter(`'${nameOrArn}' is not the name or ARN of a layer.`);
  }
  return name;
}
