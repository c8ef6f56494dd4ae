/** Inline policies and attached managed policies: the same six operations for users, groups and roles. */
import type { Handler } from '#gateway';
import type { Access } from '../access.ts';
import { noSuchPart } from '../errors.ts';
import { encodePolicy, iamPage } from './wire.ts';

type Input = Readonly<Record<string, string | number | undefined>>;

const kinds = [
  { kind: 'user', title: 'User' },
  { kind: 'group', title: 'Group' },
  { kind: 'role', title: 'Role' },
] as const;

export function attachmentOperations(access: Access): Record<string, Handler> {
  return Object.assign({}, ...kinds.map(({ kind, title }) => operationsOf(access, kind, title))) as Record<
    string,
    Handler
  >;
}

function operationsOf({ identities }: Access, kind: 'user' | 'group' | 'role', title: string): Record<string, Handler> {
  const nameIn = (input: Input): string => String(input[`${title}Name`] ?? '');
  const pageRequest = (input: Input) => ({
    Marker: input['Marker'] as string | undefined,
    MaxItems: input['MaxItems'] as number | undefined,
  });
  return {
    [`Put${title}Policy`]: async (input: Input, { accountId }) => {
      const policy = { name: String(input['PolicyName']), document: String(input['PolicyDocument']) };
      await identities.putInline(accountId, kind, nameIn(input), policy);
      return {};
    },
    [`Get${title}Policy`]: (input: Input, { accountId }) => {
      const PolicyName = String(input['PolicyName']);
      const document = identities.get(accountId, kind, nameIn(input)).details.inline[PolicyName];
      if (document === undefined) throw noSuchPart(`The ${kind} policy with name ${PolicyName}`);
      return { [`${title}Name`]: nameIn(input), PolicyName, PolicyDocument: encodePolicy(document) };
    },
    [`List${title}Policies`]: (input: Input, { accountId }) => {
      const names = Object.keys(identities.get(accountId, kind, nameIn(input)).details.inline).sort();
      const { items, ...page } = iamPage(names, (name) => name, pageRequest(input));
      return { PolicyNames: items, ...page };
    },
    [`Delete${title}Policy`]: async (input: Input, { accountId }) => {
      await identities.deleteInline(accountId, kind, nameIn(input), String(input['PolicyName']));
      return {};
    },
    [`Attach${title}Policy`]: async (input: Input, { accountId }) => {
      await identities.attach(accountId, kind, nameIn(input), String(input['PolicyArn']));
      return {};
    },
    [`Detach${title}Policy`]: async (input: Input, { accountId }) => {
      await identities.detach(accountId, kind, nameIn(input), String(input['PolicyArn']));
      return {};
    },
    [`ListAttached${title}Policies`]: (input: Input, { accountId }) => {
      const { attached } = identities.get(accountId, kind, nameIn(input)).details;
      const { items, ...page } = iamPage([...attached].sort(), (arn) => arn, pageRequest(input));
      return {
        AttachedPolicies: items.map((PolicyArn) => ({ PolicyArn, PolicyName: PolicyArn.split('/').at(-1) })),
        ...page,
      };
    },
  };
}
