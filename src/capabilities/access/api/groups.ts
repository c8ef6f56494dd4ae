/** IAM groups and who is in them. */
import type { IAM } from '@aws-sdk/client-iam';
import type { HandlersOf } from '#gateway';
import type { Access } from '../access.ts';
import { groupOf, iamPage, userOf } from './wire.ts';

export function groupOperations({ identities }: Access): HandlersOf<IAM> {
  return {
    async CreateGroup(input, { accountId }) {
      return {
        Group: groupOf(
          await identities.create({ kind: 'group', accountId, name: input.GroupName ?? '', path: input.Path }),
        ),
      };
    },
    GetGroup(input, { accountId }) {
      const group = identities.get(accountId, 'group', input.GroupName ?? '');
      const members = identities.list(accountId, 'user').filter((user) => user.details.groups?.includes(group.name));
      const { items, ...page } = iamPage(members, (user) => user.name, input);
      return { Group: groupOf(group), Users: items.map(userOf), ...page };
    },
    ListGroups(input, { accountId }) {
      const { items, ...page } = iamPage(
        identities.list(accountId, 'group', input.PathPrefix),
        (group) => group.name,
        input,
      );
      return { Groups: items.map(groupOf), ...page };
    },
    ListGroupsForUser(input, { accountId }) {
      const names = identities.get(accountId, 'user', input.UserName ?? '').details.groups ?? [];
      const groups = identities.list(accountId, 'group').filter((group) => names.includes(group.name));
      const { items, ...page } = iamPage(groups, (group) => group.name, input);
      return { Groups: items.map(groupOf), ...page };
    },
    async UpdateGroup(input, { accountId }) {
      await identities.rename(accountId, 'group', input.GroupName ?? '', {
        name: input.NewGroupName,
        path: input.NewPath,
      });
      return {};
    },
    async DeleteGroup(input, { accountId }) {
      await identities.remove(accountId, 'group', input.GroupName ?? '');
      return {};
    },
    async AddUserToGroup(input, { accountId }) {
      const group = identities.get(accountId, 'group', input.GroupName ?? '').name;
      await identities.change(accountId, 'user', input.UserName ?? '', (details) => ({
        ...details,
        groups: [...new Set([...(details.groups ?? []), group])],
      }));
      return {};
    },
    async RemoveUserFromGroup(input, { accountId }) {
      const group = identities.get(accountId, 'group', input.GroupName ?? '').name;
      await identities.change(accountId, 'user', input.UserName ?? '', (details) => ({
        ...details,
        groups: (details.groups ?? []).filter((name) => name !== group),
      }));
      return {};
    },
  };
}
