/** IAM users and their access keys. */
import type { IAM } from '@aws-sdk/client-iam';
import type { HandlersOf, RequestContext } from '#gateway';
import type { Access } from '../access.ts';
import { noSuchEntity } from '../errors.ts';
import { iamPage, tagList, tagsFrom, userOf, withTags, withoutTags } from './wire.ts';

export function userOperations({ identities, credentials }: Access): HandlersOf<IAM> {
  /** Without a name IAM means the caller itself. */
  const nameOf = (wanted: string | undefined, context: RequestContext): string => {
    const name = wanted ?? context.caller.userName;
    if (name === undefined) throw noSuchEntity('user', context.caller.arn);
    return name;
  };
  return {
    async CreateUser(input, context) {
      const details = {
        tags: tagsFrom(input.Tags),
        ...(input.PermissionsBoundary === undefined ? {} : { boundaryArn: input.PermissionsBoundary }),
      };
      const { accountId } = context;
      return {
        User: userOf(
          await identities.create({ kind: 'user', accountId, name: input.UserName ?? '', path: input.Path, details }),
        ),
      };
    },
    GetUser(input, context) {
      if (input.UserName === undefined && context.caller.kind === 'root') {
        const { accountId, arn } = context.caller;
        return { User: { Path: '/', UserName: 'root', UserId: accountId, Arn: arn, CreateDate: new Date(0) } };
      }
      return { User: userOf(identities.get(context.accountId, 'user', nameOf(input.UserName, context))) };
    },
    ListUsers(input, context) {
      const { items, ...page } = iamPage(
        identities.list(context.accountId, 'user', input.PathPrefix),
        (user) => user.name,
        input,
      );
      return { Users: items.map(userOf), ...page };
    },
    async UpdateUser(input, context) {
      await identities.rename(context.accountId, 'user', input.UserName ?? '', {
        name: input.NewUserName,
        path: input.NewPath,
      });
      return {};
    },
    async DeleteUser(input, context) {
      await identities.remove(context.accountId, 'user', input.UserName ?? '');
      return {};
    },
    async TagUser(input, context) {
      await identities.change(context.accountId, 'user', input.UserName ?? '', (details) => ({
        ...details,
        tags: withTags(details.tags, input.Tags),
      }));
      return {};
    },
    async UntagUser(input, context) {
      await identities.change(context.accountId, 'user', input.UserName ?? '', (details) => ({
        ...details,
        tags: withoutTags(details.tags, input.TagKeys),
      }));
      return {};
    },
    ListUserTags(input, context) {
      return {
        Tags: tagList(identities.get(context.accountId, 'user', input.UserName ?? '').details.tags),
        IsTruncated: false,
      };
    },
    async CreateAccessKey(input, context) {
      const user = identities.get(context.accountId, 'user', nameOf(input.UserName, context));
      const key = await credentials.createKey(user);
      return {
        AccessKey: {
          UserName: user.name,
          AccessKeyId: key.accessKeyId,
          SecretAccessKey: key.secretAccessKey,
          Status: 'Active',
          CreateDate: key.createdAt,
        },
      };
    },
    ListAccessKeys(input, context) {
      const user = identities.get(context.accountId, 'user', nameOf(input.UserName, context));
      const { items, ...page } = iamPage(credentials.listKeys(context.accountId, user.name), (key) => key.id, input);
      return {
        AccessKeyMetadata: items.map((key) => ({
          UserName: user.name,
          AccessKeyId: key.id,
          Status: key.active === 1 ? 'Active' : 'Inactive',
          CreateDate: new Date(key.created_ms),
        })),
        ...page,
      };
    },
    async UpdateAccessKey(input, context) {
      await credentials.setKeyActive(
        context.accountId,
        nameOf(input.UserName, context),
        input.AccessKeyId ?? '',
        input.Status === 'Active',
      );
      return {};
    },
    async DeleteAccessKey(input, context) {
      await credentials.deleteKey(context.accountId, nameOf(input.UserName, context), input.AccessKeyId ?? '');
      return {};
    },
  };
}
