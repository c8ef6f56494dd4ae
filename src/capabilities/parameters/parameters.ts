/** Parameter Store: named, versioned values; SecureString values are sealed before they reach the state. */
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import { pageOf, type Page } from '#kernel/paging';
import type { Transaction } from '#kernel/state';
import type { Vault } from '#kernel/vault';
import { invalid, parameterAbsent, parameterExists, validation, versionAbsent } from './errors.ts';
import { compileFilters, type ParameterFilter } from './filter.ts';
import {
  checkAllowedPattern,
  checkName,
  isLabel,
  isUnder,
  labelsMax,
  parameterArn,
  parseSelector,
  tierFor,
  versionsMax,
  type ParameterType,
  type ParameterVersion,
} from './parameter.ts';
import type { ParameterStore } from './store.ts';

const defaultKeyId = 'alias/aws/ssm';
const dataTypes: readonly string[] = ['text', 'aws:ec2:image'];
const tagsMax = 50;

type Tags = Readonly<Record<string, string>>;

export interface NewParameter {
  readonly name: string;
  readonly value: string;
  readonly modifiedBy: string;
  readonly overwrite: boolean;
  readonly type?: ParameterType | undefined;
  readonly tier?: string | undefined;
  readonly dataType?: string | undefined;
  readonly description?: string | undefined;
  readonly keyId?: string | undefined;
  readonly allowedPattern?: string | undefined;
  readonly tags?: Tags | undefined;
}

/** A version with its value in clear, or sealed when the reader did not ask for decryption. */
export interface ReadParameter {
  readonly parameter: ParameterVersion;
  readonly value: string;
  /** `:3` or `:label` when the reader asked for one. */
  readonly selector?: string;
}

export class Parameters {
  readonly #store: ParameterStore;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #events: EventHub;

  constructor(store: ParameterStore, vault: Vault, clock: Clock, events: EventHub) {
    this.#store = store;
    this.#vault = vault;
    this.#clock = clock;
    this.#events = events;
  }

  /**
   * Creates a parameter or, with `overwrite`, its next version.
   * @throws ParameterAlreadyExists, ValidationException and the other errors of PutParameter
   */
  async putParameter(scope: string, asked: NewParameter): Promise<ParameterVersion> {
    checkName(asked.name);
    checkPut(asked);
    return this.#store.addVersion(
      scope,
      asked.name,
      (latest, all) => {
        if (latest !== undefined && !asked.overwrite) throw parameterExists(asked.name);
        const drops = all.length >= versionsMax ? oldestToDrop(all) : undefined;
        return { version: this.#nextVersion(asked, latest), ...(drops !== undefined && { drops }) };
      },
      asked.tags,
      (db, version) => this.#tell(db, scope, version.version === 1 ? 'Create' : 'Update', version),
    );
  }

  /**
   * @param text name, `name:version`, `name:label` or an ARN
   * @throws ParameterNotFound, ParameterVersionNotFound
   */
  getParameter(scope: string, text: string, options: { decrypt: boolean }): ReadParameter {
    const { name, wanted } = parseSelector(text);
    const latest = this.#store.findLatest(scope, name);
    if (latest === undefined) throw parameterAbsent(name);
    if (wanted === undefined) return this.#read(latest, options.decrypt);
    const version = this.#store
      .listVersions(scope, name)
      .find((candidate) =>
        /^\d+$/.test(wanted) ? candidate.version === Number(wanted) : candidate.labels.includes(wanted),
      );
    if (version === undefined) throw versionAbsent(name, wanted);
    return { ...this.#read(version, options.decrypt), selector: `:${wanted}` };
  }

  getParametersByPath(
    scope: string,
    query: {
      path: string;
      recursive: boolean;
      filters: readonly ParameterFilter[];
      decrypt: boolean;
      token?: string | undefined;
      limit: number;
    },
  ): Page<ReadParameter> {
    if (!query.path.startsWith('/')) {
      throw validation(`The parameter path '${query.path}' must begin with a slash '/'.`);
    }
    const label = query.filters.find((filter) => filter.key === 'Label');
    const passes = compileFilters(query.filters.filter((filter) => filter !== label));
    const found = this.#store
      .listLatest(scope)
      .filter(({ parameter }) => isUnder(parameter.name, query.path, query.recursive))
      .filter(({ parameter, tags }) => passes(parameter, tags))
      .flatMap(({ parameter }) =>
        label === undefined ? [parameter] : this.#labelled(scope, parameter.name, label.values),
      );
    const page = pageOf(found, {
      token: query.token,
      sizeMax: query.limit,
      key: (parameter) => [parameter.name],
      code: 'InvalidNextToken',
    });
    return { ...page, items: page.items.map((parameter) => this.#read(parameter, query.decrypt)) };
  }

  listParameters(
    scope: string,
    query: { filters: readonly ParameterFilter[]; token?: string | undefined; limit: number },
  ): Page<ParameterVersion> {
    const passes = compileFilters(query.filters);
    const found = this.#store.listLatest(scope).filter(({ parameter, tags }) => passes(parameter, tags));
    return pageOf(
      found.map(({ parameter }) => parameter),
      { token: query.token, sizeMax: query.limit, key: (parameter) => [parameter.name], code: 'InvalidNextToken' },
    );
  }

  /** Versions in rising order. */
  getHistory(
    scope: string,
    name: string,
    query: { decrypt: boolean; token?: string | undefined; limit: number },
  ): Page<ReadParameter> {
    const versions = this.#store.listVersions(scope, parseSelector(name).name);
    if (versions.length === 0) throw parameterAbsent(name);
    const page = pageOf(versions, {
      token: query.token,
      sizeMax: query.limit,
      key: (version) => [version.version],
      code: 'InvalidNextToken',
    });
    return { ...page, items: page.items.map((version) => this.#read(version, query.decrypt)) };
  }

  /** @returns the names that were there and are gone now */
  async deleteParameters(scope: string, names: readonly string[]): Promise<string[]> {
    const deleted = new Set(
      await this.#store.deleteParameters(
        scope,
        names.map((name) => parseSelector(name).name),
        (db, parameter) => this.#tell(db, scope, 'Delete', parameter),
      ),
    );
    return names.filter((name) => deleted.has(parseSelector(name).name));
  }

  /**
   * Moves labels to a version (the latest by default).
   * @returns labels that break the rules and were left out, and the version
   */
  async label(
    scope: string,
    name: string,
    wanted: number | undefined,
    labels: readonly string[],
  ): Promise<{ invalid: string[]; version: number }> {
    const good = labels.filter(isLabel);
    const move = (versions: readonly ParameterVersion[]) => {
      const target = versions.find((candidate) => candidate.version === (wanted ?? versions.at(-1)?.version));
      if (target === undefined) throw versionAbsent(name, wanted ?? 'latest');
      const changed = new Map(
        versions.map((other) => [other.version, other.labels.filter((label) => !good.includes(label))] as const),
      );
      const all = [...(changed.get(target.version) ?? []), ...good];
      if (all.length > labelsMax) {
        throw invalid(
          'ParameterVersionLabelLimitExceeded',
          `Version ${target.version} of '${name}' would have ${all.length} labels; a version can have at most ${labelsMax}.`,
        );
      }
      return { labels: changed.set(target.version, all), result: target };
    };
    const version = await this.#store.changeLabels(scope, name, move, (db, labelled) => {
      if (good.length > 0) this.#tell(db, scope, 'LabelParameterVersion', labelled);
    });
    return { invalid: labels.filter((label) => !good.includes(label)), version: version.version };
  }

  /** @returns the labels that were on that version and are gone, and those that were not on it */
  unlabel(
    scope: string,
    name: string,
    wanted: number,
    labels: readonly string[],
  ): Promise<{ removed: string[]; invalid: string[] }> {
    return this.#store.changeLabels(scope, name, (versions) => {
      const target = versions.find((candidate) => candidate.version === wanted);
      if (target === undefined) throw versionAbsent(name, wanted);
      const removed = labels.filter((label) => target.labels.includes(label));
      const kept = target.labels.filter((label) => !removed.includes(label));
      return {
        labels: new Map([[wanted, kept]]),
        result: { removed, invalid: labels.filter((label) => !removed.includes(label)) },
      };
    });
  }

  getTags(scope: string, name: string): Tags {
    return this.#store.getTags(scope, parseSelector(name).name);
  }

  addTags(scope: string, name: string, tags: Tags): Promise<void> {
    return this.#store.changeTags(scope, parseSelector(name).name, (before) => {
      const after = { ...before, ...tags };
      if (Object.keys(after).length > tagsMax) {
        throw invalid('TooManyTagsError', `Parameter '${name}' would have more than ${tagsMax} tags.`);
      }
      return after;
    });
  }

  removeTags(scope: string, name: string, keys: readonly string[]): Promise<void> {
    return this.#store.changeTags(scope, parseSelector(name).name, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))),
    );
  }

  #nextVersion(asked: NewParameter, latest: ParameterVersion | undefined): ParameterVersion {
    const type = asked.type ?? latest?.type;
    if (type === undefined) {
      throw validation('A parameter type is required when you create a parameter: String, StringList or SecureString.');
    }
    if (latest !== undefined && latest.type !== type) {
      throw invalid(
        'HierarchyTypeMismatch',
        `'${asked.name}' is a ${latest.type} and cannot become a ${type}. Delete it first, or use another name.`,
      );
    }
    const allowedPattern = asked.allowedPattern ?? latest?.allowedPattern;
    checkAllowedPattern(allowedPattern, asked.value);
    const description = asked.description ?? latest?.description;
    const secret = type === 'SecureString';
    return {
      name: asked.name,
      version: (latest?.version ?? 0) + 1,
      type,
      tier: tierFor(asked.tier, asked.value, latest?.tier),
      dataType: asked.dataType ?? latest?.dataType ?? 'text',
      storedValue: secret ? this.#vault.seal(asked.value) : asked.value,
      modifiedMs: this.#clock.nowMs(),
      modifiedBy: asked.modifiedBy,
      labels: [],
      ...(description !== undefined && { description }),
      ...(secret && { keyId: asked.keyId ?? latest?.keyId ?? defaultKeyId }),
      ...(allowedPattern !== undefined && allowedPattern !== '' && { allowedPattern }),
    };
  }

  #read(parameter: ParameterVersion, decrypt: boolean): ReadParameter {
    const sealed = parameter.type === 'SecureString';
    return { parameter, value: sealed && decrypt ? this.#vault.unseal(parameter.storedValue) : parameter.storedValue };
  }

  #labelled(scope: string, name: string, labels: readonly string[]): ParameterVersion[] {
    const versions = this.#store.listVersions(scope, name);
    return versions.filter((version) => version.labels.some((label) => labels.includes(label))).slice(-1);
  }

  /** Tells of a change in its own transaction. */
  #tell(db: Transaction, scope: string, operation: string, parameter: ParameterVersion): void {
    const [accountId = '', region = ''] = scope.split('/');
    this.#events.record(db, {
      id: newUuid(),
      source: 'aws.ssm',
      detailType: 'Parameter Store Change',
      accountId,
      region,
      time: this.#clock.now(),
      resources: [parameterArn(scope, parameter.name)],
      detail: {
        operation,
        name: parameter.name,
        type: parameter.type,
        ...(parameter.description !== undefined && { description: parameter.description }),
      },
    });
  }
}

function checkPut(asked: NewParameter): void {
  if (asked.overwrite && asked.tags !== undefined && Object.keys(asked.tags).length > 0) {
    throw validation(
      "Invalid request: tags and overwrite can't be used together. To change tags, use AddTagsToResource.",
    );
  }
  if (asked.value === '') throw validation(`Parameter '${asked.name}' needs a value of at least one character.`);
  if (asked.dataType !== undefined && !dataTypes.includes(asked.dataType)) {
    throw validation(`'${asked.dataType}' is not a data type that is served. Use ${dataTypes.join(' or ')}.`);
  }
}

/** @throws ParameterMaxVersionLimitExceeded when the oldest version carries a label, which keeps it */
function oldestToDrop(versions: readonly ParameterVersion[]): number | undefined {
  const oldest = versions[0];
  if (oldest === undefined || oldest.labels.length === 0) return oldest?.version;
  throw invalid(
    'ParameterMaxVersionLimitExceeded',
    `'${oldest.name}' has ${versionsMax} versions and the oldest, ${oldest.version}, has the label '${oldest.labels[0]}'. Move that label to a newer version.`,
  );
}
