/** Entities in the shapes of the IAM model. Policies leave URL-encoded (RFC 3986), as IAM sends them. */
import { arnOf, type Entity } from '../entity.ts';
import { pageOf } from '#kernel/paging';

export interface Tag {
  readonly Key: string | undefined;
  readonly Value: string | undefined;
}

export function tagsFrom(list: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((list ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

export function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

export function withTags(
  tags: Readonly<Record<string, string>>,
  added: readonly Tag[] | undefined,
): Record<string, string> {
  return { ...tags, ...tagsFrom(added) };
}

export function withoutTags(
  tags: Readonly<Record<string, string>>,
  keys: readonly string[] | undefined,
): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys?.includes(key)));
}

export function encodePolicy(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function boundaryOf(entity: Entity) {
  const arn = entity.details.boundaryArn;
  return arn === undefined
    ? {}
    : {
        PermissionsBoundary: {
          PermissionsBoundaryType: 'PermissionsBoundaryPolicy' as const,
          PermissionsBoundaryArn: arn,
        },
      };
}

export function userOf(entity: Entity) {
  return {
    Path: entity.path,
    UserName: entity.name,
    UserId: entity.id,
    Arn: arnOf(entity),
    CreateDate: entity.createdAt,
    Tags: tagList(entity.details.tags),
    ...boundaryOf(entity),
  };
}

export function groupOf(entity: Entity) {
  return {
    Path: entity.path,
    GroupName: entity.name,
    GroupId: entity.id,
    Arn: arnOf(entity),
    CreateDate: entity.createdAt,
  };
}

export function roleOf(entity: Entity) {
  const { details } = entity;
  return {
    Path: entity.path,
    RoleName: entity.name,
    RoleId: entity.id,
    Arn: arnOf(entity),
    CreateDate: entity.createdAt,
    AssumeRolePolicyDocument: encodePolicy(details.trustPolicy ?? ''),
    Description: details.description,
    MaxSessionDuration: details.maxSessionSeconds ?? 3600,
    Tags: tagList(details.tags),
    ...boundaryOf(entity),
  };
}

export function instanceProfileOf(entity: Entity, roles: readonly Entity[]) {
  return {
    Path: entity.path,
    InstanceProfileName: entity.name,
    InstanceProfileId: entity.id,
    Arn: arnOf(entity),
    CreateDate: entity.createdAt,
    Roles: roles.map(roleOf),
    Tags: tagList(entity.details.tags),
  };
}

interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** IAM's way to page: `Marker`, `MaxItems` (100 unless told), `IsTruncated`. */
export function iamPage<T>(
  items: readonly T[],
  key: (item: T) => string,
  request: PageRequest,
): { items: T[]; IsTruncated: boolean; Marker?: string } {
  const page = pageOf(items, {
    token: request.Marker,
    sizeMax: request.MaxItems ?? 100,
    key: (item) => [key(item)],
    code: 'InvalidInput',
  });
  return {
    items: page.items,
    IsTruncated: page.nextToken !== undefined,
    ...(page.nextToken === undefined ? {} : { Marker: page.nextToken }),
  };
}
