/** Users, groups, roles, policies and instance profiles: made, found, changed and removed by IAM's rules. */
import type { Clock } from '#kernel/clock';
import { newUpperId } from '#kernel/ids';
import type { Db } from '#kernel/state';
import {
  arnOf,
  findNameInArn,
  idPrefixes,
  isAwsManaged,
  noDetails,
  type Entity,
  type EntityDetails,
  type EntityKind,
} from './entity.ts';
import { deleteConflict, entityExists, invalidInput, limitExceeded, noSuchEntity, noSuchPart } from './errors.ts';
import { checkPolicyDocument } from './policy-document.ts';
import type { AccessStore } from './store.ts';

export interface NewEntity {
  readonly kind: EntityKind;
  readonly accountId: string;
  readonly name: string;
  readonly path?: string | undefined;
  readonly details?: Partial<EntityDetails>;
}

// Limit: AWS attaches at most 10 managed policies to one identity and keeps 5 versions of a policy.
const attachedMax = 10;
const versionsMax = 5;

export class Identities {
  readonly #store: AccessStore;
  readonly #clock: Clock;

  constructor(store: AccessStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  create(wanted: NewEntity): Promise<Entity> {
    const entity: Entity = {
      kind: wanted.kind,
      accountId: wanted.accountId,
      name: wanted.name,
      path: wanted.path ?? '/',
      id: idPrefixes[wanted.kind] + newUpperId(17),
      createdAt: this.#clock.now(),
      details: { ...noDetails, ...wanted.details },
    };
    if (entity.details.trustPolicy !== undefined) checkPolicyDocument(entity.details.trustPolicy, 'trust');
    return this.#store.write((db) => {
      if (this.#store.findEntity(entity.accountId, entity.kind, entity.name, db))
        throw entityExists(entity.kind, entity.name);
      this.#store.insertEntity(db, entity);
      return entity;
    });
  }

  /** @throws NoSuchEntity */
  get(accountId: string, kind: EntityKind, name: string): Entity {
    const entity = this.#store.findEntity(accountId, kind, name);
    if (!entity) throw noSuchEntity(kind, name);
    return entity;
  }

  list(accountId: string, kind: EntityKind, pathPrefix = '/'): Entity[] {
    return this.#store.listEntities(accountId, kind).filter((entity) => entity.path.startsWith(pathPrefix));
  }

  /** @throws NoSuchEntity */
  change(
    accountId: string,
    kind: EntityKind,
    name: string,
    next: (details: EntityDetails, db: Db) => EntityDetails,
  ): Promise<Entity> {
    return this.#store.write((db) => {
      const entity = this.#require(db, accountId, kind, name);
      const details = next(entity.details, db);
      this.#store.updateEntity(db, entity, { ...entity, details });
      return { ...entity, details };
    });
  }

  /** Gives a user or group another name or path; its members and keys follow. */
  rename(
    accountId: string,
    kind: 'user' | 'group',
    name: string,
    next: { name?: string | undefined; path?: string | undefined },
  ): Promise<Entity> {
    return this.#store.write((db) => {
      const entity = this.#require(db, accountId, kind, name);
      const renamed = { ...entity, name: next.name ?? entity.name, path: next.path ?? entity.path };
      if (
        renamed.name.toLowerCase() !== entity.name.toLowerCase() &&
        this.#store.findEntity(accountId, kind, renamed.name, db)
      ) {
        throw entityExists(kind, renamed.name);
      }
      this.#store.updateEntity(db, entity, renamed);
      if (kind === 'user') this.#store.renameKeysUser(db, accountId, entity.name, renamed.name);
      else this.#renameGroupInUsers(db, entity, renamed.name);
      return renamed;
    });
  }

  /** @throws DeleteConflict while anything hangs on it */
  remove(accountId: string, kind: EntityKind, name: string): Promise<void> {
    return this.#store.write((db) => {
      const entity = this.#require(db, accountId, kind, name);
      const why = this.#whatBlocks(db, entity);
      if (why !== undefined) throw deleteConflict(why);
      this.#store.deleteEntity(db, entity);
    });
  }

  attach(accountId: string, kind: 'user' | 'group' | 'role', name: string, policyArn: string): Promise<Entity> {
    return this.change(accountId, kind, name, (details, db) => {
      this.#requirePolicy(db, accountId, policyArn);
      if (details.attached.includes(policyArn)) return details;
      if (details.attached.length >= attachedMax)
        throw limitExceeded(`Cannot exceed quota for PoliciesPer${kind}: ${attachedMax}`);
      return { ...details, attached: [...details.attached, policyArn] };
    });
  }

  detach(accountId: string, kind: 'user' | 'group' | 'role', name: string, policyArn: string): Promise<Entity> {
    return this.change(accountId, kind, name, (details) => {
      if (!details.attached.includes(policyArn)) throw noSuchPart(`Policy ${policyArn} attached to ${kind} ${name}`);
      return { ...details, attached: details.attached.filter((arn) => arn !== policyArn) };
    });
  }

  putInline(
    accountId: string,
    kind: 'user' | 'group' | 'role',
    name: string,
    policy: { name: string; document: string },
  ): Promise<Entity> {
    checkPolicyDocument(policy.document, 'identity');
    return this.change(accountId, kind, name, (details) => ({
      ...details,
      inline: { ...details.inline, [policy.name]: policy.document },
    }));
  }

  deleteInline(accountId: string, kind: 'user' | 'group' | 'role', name: string, policyName: string): Promise<Entity> {
    return this.change(accountId, kind, name, (details) => {
      if (details.inline[policyName] === undefined) throw noSuchPart(`The ${kind} policy with name ${policyName}`);
      const { [policyName]: _, ...inline } = details.inline;
      return { ...details, inline };
    });
  }

  /** The managed policy behind an ARN. @throws NoSuchEntity */
  getPolicy(accountId: string, arn: string): Entity {
    const found = findNameInArn(arn, accountId);
    const policy = found?.kind === 'policy' ? this.#store.findEntity(accountId, 'policy', found.name) : undefined;
    if (!policy || arnOf(policy) !== arn) throw noSuchEntity('policy', arn);
    return policy;
  }

  createPolicy(wanted: Omit<NewEntity, 'kind'>, document: string): Promise<Entity> {
    checkPolicyDocument(document, 'identity');
    const version = { id: 'v1', document, createdAt: this.#clock.now().toISOString() };
    const details = { ...wanted.details, versions: [version], defaultVersionId: version.id, lastVersion: 1 };
    return this.create({ ...wanted, kind: 'policy', details });
  }

  addPolicyVersion(accountId: string, arn: string, document: string, setAsDefault: boolean): Promise<Entity> {
    checkPolicyDocument(document, 'identity');
    return this.change(accountId, 'policy', this.getPolicy(accountId, arn).name, (details) => {
      const versions = details.versions ?? [];
      if (versions.length >= versionsMax) {
        throw limitExceeded(
          `A managed policy can have up to ${versionsMax} versions. Before you create a new version, you must delete an existing version.`,
        );
      }
      const lastVersion = (details.lastVersion ?? versions.length) + 1;
      const version = { id: `v${lastVersion}`, document, createdAt: this.#clock.now().toISOString() };
      return {
        ...details,
        versions: [...versions, version],
        lastVersion,
        updatedAt: version.createdAt,
        ...(setAsDefault ? { defaultVersionId: version.id } : {}),
      };
    });
  }

  /** Identities that a managed policy is attached to. */
  attachedTo(accountId: string, policyArn: string): Entity[] {
    return (['user', 'group', 'role'] as const)
      .flatMap((kind) => this.#store.listEntities(accountId, kind))
      .filter((entity) => entity.details.attached.includes(policyArn));
  }

  #require(db: Db, accountId: string, kind: EntityKind, name: string): Entity {
    const entity = this.#store.findEntity(accountId, kind, name, db);
    if (!entity) throw noSuchEntity(kind, name);
    return entity;
  }

  #requirePolicy(db: Db, accountId: string, arn: string): void {
    if (isAwsManaged(arn)) return;
    const found = findNameInArn(arn, accountId);
    if (!arn.startsWith('arn:aws:iam::')) throw invalidInput(`ARN ${arn} is not valid.`);
    if (found?.kind !== 'policy' || !this.#store.findEntity(accountId, 'policy', found.name, db))
      throw noSuchEntity('policy', arn);
  }

  #renameGroupInUsers(db: Db, group: Entity, next: string): void {
    for (const user of this.#store.listEntities(group.accountId, 'user', db)) {
      if (!user.details.groups?.includes(group.name)) continue;
      const groups = user.details.groups.map((name) => (name === group.name ? next : name));
      this.#store.updateEntity(db, user, { ...user, details: { ...user.details, groups } });
    }
  }

  #whatBlocks(db: Db, entity: Entity): string | undefined {
    const { kind, details, accountId, name } = entity;
    if (details.attached.length > 0) return 'must detach all policies first.';
    if (Object.keys(details.inline).length > 0) return 'must delete policies first.';
    if (kind === 'user' && this.#store.listKeys(accountId, name, db).length > 0)
      return 'must delete access keys first.';
    if (kind === 'user' && (details.groups?.length ?? 0) > 0) return 'must remove users from group first.';
    if (kind === 'instance-profile' && (details.roles?.length ?? 0) > 0)
      return 'must remove roles from instance profile first.';
    if (
      kind === 'group' &&
      this.#store.listEntities(accountId, 'user', db).some((user) => user.details.groups?.includes(name))
    ) {
      return 'must remove users from group first.';
    }
    if (
      kind === 'role' &&
      this.#store
        .listEntities(accountId, 'instance-profile', db)
        .some((profile) => profile.details.roles?.includes(name))
    ) {
      return 'must remove roles from instance profile first.';
    }
    if (kind === 'policy' && this.attachedTo(accountId, arnOf(entity)).length > 0)
      return 'the policy is attached to an identity; detach it first.';
    if (kind === 'policy' && (details.versions?.length ?? 0) > 1)
      return 'the policy has more than one version; delete the others first.';
    return undefined;
  }
}
