/** What IAM knows: users, groups, roles, managed policies and instance profiles, all of one shape. */
import { formatArn } from '#kernel/arn';

export type EntityKind = 'user' | 'group' | 'role' | 'policy' | 'instance-profile';

export interface PolicyVersion {
  readonly id: string;
  readonly document: string;
  readonly createdAt: string;
}

/** The parts that differ by kind; each kind uses those that IAM gives it. */
export interface EntityDetails {
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Inline policies by name. */
  readonly inline: Readonly<Record<string, string>>;
  /** ARNs of attached managed policies. */
  readonly attached: readonly string[];
  readonly boundaryArn?: string;
  /** Roles: who may assume it. */
  readonly trustPolicy?: string;
  readonly maxSessionSeconds?: number;
  /** Users: names of their groups. */
  readonly groups?: readonly string[];
  /** Instance profiles: at most one role. */
  readonly roles?: readonly string[];
  /** Managed policies. */
  readonly versions?: readonly PolicyVersion[];
  readonly defaultVersionId?: string;
  readonly lastVersion?: number;
  readonly updatedAt?: string;
}

export interface Entity {
  readonly kind: EntityKind;
  readonly accountId: string;
  readonly name: string;
  /** Starts and ends with a slash. */
  readonly path: string;
  /** `AIDA…`, `AGPA…`, `AROA…`, `ANPA…`, `AIPA…` */
  readonly id: string;
  readonly createdAt: Date;
  readonly details: EntityDetails;
}

export const idPrefixes: Readonly<Record<EntityKind, string>> = {
  user: 'AIDA',
  group: 'AGPA',
  role: 'AROA',
  policy: 'ANPA',
  'instance-profile': 'AIPA',
};

export const noDetails: EntityDetails = { tags: {}, inline: {}, attached: [] };

export function arnOf(entity: Pick<Entity, 'kind' | 'accountId' | 'path' | 'name'>): string {
  return formatArn({
    service: 'iam',
    region: '',
    accountId: entity.accountId,
    resource: `${entity.kind}${entity.path}${entity.name}`,
  });
}

/** The kind and name in an IAM ARN of this account; undefined for AWS's own policies and other accounts. */
export function findNameInArn(arn: string, accountId: string): { kind: string; name: string } | undefined {
  const match = new RegExp(`^arn:aws:iam::${accountId}:([a-z-]+)/(?:[^:]*/)?([^/:]+)$`).exec(arn);
  return match ? { kind: match[1] ?? '', name: match[2] ?? '' } : undefined;
}

/** Policies that AWS itself maintains are known by their name alone. */
export function isAwsManaged(arn: string): boolean {
  return /^arn:aws:iam::aws:policy\/[\w+=,.@/-]+$/.test(arn);
}
