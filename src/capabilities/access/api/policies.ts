/** Managed policies, their versions, and what they are attached to. */
import type { IAM } from '@aws-sdk/client-iam';
import type { HandlersOf } from '#gateway';
import type { Access } from '../access.ts';
import { arnOf, type Entity } from '../entity.ts';
import { deleteConflict, noSuchPart } from '../errors.ts';
import { encodePolicy, iamPage, tagList, tagsFrom } from './wire.ts';

export function policyOperations({ identities }: Access): HandlersOf<IAM> {
  const policyOf = (policy: Entity) => ({
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: arnOf(policy),
    Path: policy.path,
    DefaultVersionId: policy.details.defaultVersionId,
    AttachmentCount: identities.attachedTo(policy.accountId, arnOf(policy)).length,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: policy.details.description,
    CreateDate: policy.createdAt,
    UpdateDate: new Date(policy.details.updatedAt ?? policy.createdAt),
    Tags: tagList(policy.details.tags),
  });
  const versionOf = (policy: Entity, id: string | undefined, withDocument: boolean) => {
    const version = policy.details.versions?.find((candidate) => candidate.id === id);
    if (!version) throw noSuchPart(`Policy ${arnOf(policy)} version ${id}`);
    return {
      VersionId: version.id,
      IsDefaultVersion: version.id === policy.details.defaultVersionId,
      CreateDate: new Date(version.createdAt),
      ...(withDocument ? { Document: encodePolicy(version.document) } : {}),
    };
  };
  return {
    async CreatePolicy(input, { accountId }) {
      const details = {
        tags: tagsFrom(input.Tags),
        ...(input.Description === undefined ? {} : { description: input.Description }),
      };
      const wanted = { accountId, name: input.PolicyName ?? '', path: input.Path, details };
      const policy = await identities.createPolicy(wanted, input.PolicyDocument ?? '');
      return { Policy: policyOf(policy) };
    },
    GetPolicy(input, { accountId }) {
      return { Policy: policyOf(identities.getPolicy(accountId, input.PolicyArn ?? '')) };
    },
    ListPolicies(input, { accountId }) {
      const local = input.Scope === 'AWS' ? [] : identities.list(accountId, 'policy', input.PathPrefix);
      const listed = local.map(policyOf).filter((policy) => input.OnlyAttached !== true || policy.AttachmentCount > 0);
      const { items, ...page } = iamPage(listed, (policy) => policy.PolicyName, input);
      return { Policies: items, ...page };
    },
    async DeletePolicy(input, { accountId }) {
      await identities.remove(accountId, 'policy', identities.getPolicy(accountId, input.PolicyArn ?? '').name);
      return {};
    },
    async CreatePolicyVersion(input, { accountId }) {
      const policy = await identities.addPolicyVersion(
        accountId,
        input.PolicyArn ?? '',
        input.PolicyDocument ?? '',
        input.SetAsDefault === true,
      );
      return { PolicyVersion: versionOf(policy, policy.details.versions?.at(-1)?.id, false) };
    },
    GetPolicyVersion(input, { accountId }) {
      return {
        PolicyVersion: versionOf(identities.getPolicy(accountId, input.PolicyArn ?? ''), input.VersionId, true),
      };
    },
    ListPolicyVersions(input, { accountId }) {
      const policy = identities.getPolicy(accountId, input.PolicyArn ?? '');
      const { items, ...page } = iamPage(policy.details.versions ?? [], (version) => version.id, input);
      return { Versions: items.map((version) => versionOf(policy, version.id, false)), ...page };
    },
    async SetDefaultPolicyVersion(input, { accountId }) {
      const policy = identities.getPolicy(accountId, input.PolicyArn ?? '');
      versionOf(policy, input.VersionId, false);
      await identities.change(accountId, 'policy', policy.name, (details) => ({
        ...details,
        defaultVersionId: input.VersionId ?? '',
      }));
      return {};
    },
    async DeletePolicyVersion(input, { accountId }) {
      const policy = identities.getPolicy(accountId, input.PolicyArn ?? '');
      if (versionOf(policy, input.VersionId, false).IsDefaultVersion)
        throw deleteConflict('the default version of a policy cannot be deleted.');
      await identities.change(accountId, 'policy', policy.name, (details) => ({
        ...details,
        versions: (details.versions ?? []).filter((version) => version.id !== input.VersionId),
      }));
      return {};
    },
    ListEntitiesForPolicy(input, { accountId }) {
      const entities = identities.attachedTo(accountId, input.PolicyArn ?? '');
      const ofKind = (kind: Entity['kind']) => entities.filter((entity) => entity.kind === kind);
      return {
        PolicyUsers: ofKind('user').map((user) => ({ UserName: user.name, UserId: user.id })),
        PolicyGroups: ofKind('group').map((group) => ({ GroupName: group.name, GroupId: group.id })),
        PolicyRoles: ofKind('role').map((role) => ({ RoleName: role.name, RoleId: role.id })),
        IsTruncated: false,
      };
    },
  };
}
