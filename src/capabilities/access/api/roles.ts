/** IAM roles and instance profiles. */
import type { IAM } from '@aws-sdk/client-iam';
import type { HandlersOf } from '#gateway';
import type { Access } from '../access.ts';
import type { Entity } from '../entity.ts';
import { limitExceeded, noSuchEntity } from '../errors.ts';
import { checkPolicyDocument } from '../policy-document.ts';
import { iamPage, instanceProfileOf, roleOf, tagList, tagsFrom, withTags, withoutTags } from './wire.ts';

export function roleOperations({ identities }: Access): HandlersOf<IAM> {
  return {
    async CreateRole(input, { accountId }) {
      const details = {
        tags: tagsFrom(input.Tags),
        trustPolicy: input.AssumeRolePolicyDocument ?? '',
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.MaxSessionDuration === undefined ? {} : { maxSessionSeconds: input.MaxSessionDuration }),
        ...(input.PermissionsBoundary === undefined ? {} : { boundaryArn: input.PermissionsBoundary }),
      };
      return {
        Role: roleOf(
          await identities.create({ kind: 'role', accountId, name: input.RoleName ?? '', path: input.Path, details }),
        ),
      };
    },
    GetRole(input, { accountId }) {
      return { Role: roleOf(identities.get(accountId, 'role', input.RoleName ?? '')) };
    },
    ListRoles(input, { accountId }) {
      const { items, ...page } = iamPage(
        identities.list(accountId, 'role', input.PathPrefix),
        (role) => role.name,
        input,
      );
      return { Roles: items.map(roleOf), ...page };
    },
    async UpdateRole(input, { accountId }) {
      await identities.change(accountId, 'role', input.RoleName ?? '', (details) => ({
        ...details,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.MaxSessionDuration === undefined ? {} : { maxSessionSeconds: input.MaxSessionDuration }),
      }));
      return {};
    },
    async UpdateRoleDescription(input, { accountId }) {
      const role = await identities.change(accountId, 'role', input.RoleName ?? '', (details) => ({
        ...details,
        description: input.Description ?? '',
      }));
      return { Role: roleOf(role) };
    },
    async UpdateAssumeRolePolicy(input, { accountId }) {
      checkPolicyDocument(input.PolicyDocument ?? '', 'trust');
      await identities.change(accountId, 'role', input.RoleName ?? '', (details) => ({
        ...details,
        trustPolicy: input.PolicyDocument ?? '',
      }));
      return {};
    },
    async DeleteRole(input, { accountId }) {
      await identities.remove(accountId, 'role', input.RoleName ?? '');
      return {};
    },
    async TagRole(input, { accountId }) {
      await identities.change(accountId, 'role', input.RoleName ?? '', (details) => ({
        ...details,
        tags: withTags(details.tags, input.Tags),
      }));
      return {};
    },
    async UntagRole(input, { accountId }) {
      await identities.change(accountId, 'role', input.RoleName ?? '', (details) => ({
        ...details,
        tags: withoutTags(details.tags, input.TagKeys),
      }));
      return {};
    },
    ListRoleTags(input, { accountId }) {
      return {
        Tags: tagList(identities.get(accountId, 'role', input.RoleName ?? '').details.tags),
        IsTruncated: false,
      };
    },
    async PutRolePermissionsBoundary(input, { accountId }) {
      await identities.change(accountId, 'role', input.RoleName ?? '', (details) => ({
        ...details,
        boundaryArn: input.PermissionsBoundary ?? '',
      }));
      return {};
    },
    async DeleteRolePermissionsBoundary(input, { accountId }) {
      await identities.change(accountId, 'role', input.RoleName ?? '', (details) => {
        const { boundaryArn: _removed, ...rest } = details;
        return rest;
      });
      return {};
    },
  };
}

export function instanceProfileOperations({ identities }: Access): HandlersOf<IAM> {
  const rolesOf = (profile: Entity): Entity[] =>
    (profile.details.roles ?? []).map((name) => identities.get(profile.accountId, 'role', name));
  const full = (profile: Entity) => instanceProfileOf(profile, rolesOf(profile));
  return {
    async CreateInstanceProfile(input, { accountId }) {
      const details = { tags: tagsFrom(input.Tags) };
      const profile = await identities.create({
        kind: 'instance-profile',
        accountId,
        name: input.InstanceProfileName ?? '',
        path: input.Path,
        details,
      });
      return { InstanceProfile: full(profile) };
    },
    GetInstanceProfile(input, { accountId }) {
      return { InstanceProfile: full(identities.get(accountId, 'instance-profile', input.InstanceProfileName ?? '')) };
    },
    ListInstanceProfiles(input, { accountId }) {
      const { items, ...page } = iamPage(
        identities.list(accountId, 'instance-profile', input.PathPrefix),
        (profile) => profile.name,
        input,
      );
      return { InstanceProfiles: items.map(full), ...page };
    },
    ListInstanceProfilesForRole(input, { accountId }) {
      const role = identities.get(accountId, 'role', input.RoleName ?? '').name;
      const profiles = identities
        .list(accountId, 'instance-profile')
        .filter((profile) => profile.details.roles?.includes(role));
      const { items, ...page } = iamPage(profiles, (profile) => profile.name, input);
      return { InstanceProfiles: items.map(full), ...page };
    },
    async AddRoleToInstanceProfile(input, { accountId }) {
      const role = identities.get(accountId, 'role', input.RoleName ?? '').name;
      await identities.change(accountId, 'instance-profile', input.InstanceProfileName ?? '', (details) => {
        if ((details.roles?.length ?? 0) > 0)
          throw limitExceeded('Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1');
        return { ...details, roles: [role] };
      });
      return {};
    },
    async RemoveRoleFromInstanceProfile(input, { accountId }) {
      await identities.change(accountId, 'instance-profile', input.InstanceProfileName ?? '', (details) => {
        if (!details.roles?.includes(input.RoleName ?? '')) throw noSuchEntity('role', input.RoleName ?? '');
        return { ...details, roles: [] };
      });
      return {};
    },
    async DeleteInstanceProfile(input, { accountId }) {
      await identities.remove(accountId, 'instance-profile', input.InstanceProfileName ?? '');
      return {};
    },
  };
}
