/** AWS::IAM::* in templates. */
import { changeTags, tagsOf, wireTags, type Properties, type ResourceContext, type ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';

interface Target {
  readonly title: 'User' | 'Group' | 'Role';
  readonly name: string;
}

interface Policies {
  readonly inline: ReadonlyMap<string, string>;
  readonly attached: ReadonlySet<string>;
}

const noPolicies: Policies = { inline: new Map(), attached: new Set() };

export const accessResources: readonly ResourceType[] = [
  identityResource('User', 'UserName'),
  identityResource('Group', 'GroupName'),
  identityResource('Role', 'RoleName'),
  inlinePolicyResource(),
  managedPolicyResource(),
  instanceProfileResource(),
];

/** Users, groups and roles differ in few members: one description serves all three. */
function identityResource(title: Target['title'], nameKey: string): ResourceType {
  const describe = async (name: string, context: ResourceContext) => {
    const output = await context.call('iam', `Get${title}`, { [nameKey]: name });
    const entity = output[title] as Record<string, string>;
    return {
      physicalId: name,
      attributes: { Arn: entity['Arn'] ?? '', ...(title === 'Role' ? { RoleId: entity['RoleId'] ?? '' } : {}) },
    };
  };
  const physicalIdOf = (properties: Properties, context: ResourceContext): string =>
    String(properties[nameKey] ?? context.generatedName({ maxLength: 64 }));
  return {
    type: `AWS::IAM::${title}`,
    physicalIdOf,
    async create(properties, context) {
      const name = physicalIdOf(properties, context);
      await context.call('iam', `Create${title}`, {
        [nameKey]: name,
        Path: properties['Path'],
        ...(title === 'Group'
          ? {}
          : { PermissionsBoundary: properties['PermissionsBoundary'], Tags: wireTags(tagsOf(properties, context)) }),
        ...(title === 'Role' ? roleInput(properties) : {}),
      });
      await syncPolicies({ title, name }, policiesOf(properties), noPolicies, context);
      if (title === 'User') await syncGroups(name, properties['Groups'] ?? [], [], context);
      return describe(name, context);
    },
    async update(name, next, previous, context) {
      if (title === 'Role') {
        await context.call('iam', 'UpdateRole', {
          RoleName: name,
          Description: next['Description'],
          MaxSessionDuration: next['MaxSessionDuration'],
        });
        await context.call('iam', 'UpdateAssumeRolePolicy', {
          RoleName: name,
          PolicyDocument: textOf(next['AssumeRolePolicyDocument']),
        });
      }
      await syncPolicies({ title, name }, policiesOf(next), policiesOf(previous), context);
      if (title !== 'Group') {
        await changeTags(next, previous, context, {
          untag: (TagKeys) => context.call('iam', `Untag${title}`, { [nameKey]: name, TagKeys }),
          tag: (tags) => context.call('iam', `Tag${title}`, { [nameKey]: name, Tags: wireTags(tags) }),
        });
      }
      if (title === 'User') await syncGroups(name, next['Groups'] ?? [], previous['Groups'] ?? [], context);
      return describe(name, context);
    },
    async delete(name, properties, context) {
      await unlessAbsent(async () => {
        await syncPolicies({ title, name }, noPolicies, policiesOf(properties), context);
        if (title === 'User') await syncGroups(name, [], properties['Groups'] ?? [], context);
        await context.call('iam', `Delete${title}`, { [nameKey]: name });
      });
    },
    async read(name, properties, context) {
      return presentOrNothing(async () => {
        await context.call('iam', `Get${title}`, { [nameKey]: name });
        return properties;
      });
    },
  };
}

function inlinePolicyResource(): ResourceType {
  const targetsOf = (properties: Properties): Target[] => [
    ...((properties['Users'] ?? []) as string[]).map((name) => ({ title: 'User' as const, name })),
    ...((properties['Groups'] ?? []) as string[]).map((name) => ({ title: 'Group' as const, name })),
    ...((properties['Roles'] ?? []) as string[]).map((name) => ({ title: 'Role' as const, name })),
  ];
  const put = async (properties: Properties, context: ResourceContext) => {
    for (const { title, name } of targetsOf(properties)) {
      await context.call('iam', `Put${title}Policy`, {
        [`${title}Name`]: name,
        PolicyName: properties['PolicyName'],
        PolicyDocument: textOf(properties['PolicyDocument']),
      });
    }
  };
  const remove = async (properties: Properties, targets: readonly Target[], context: ResourceContext) => {
    for (const { title, name } of targets) {
      await unlessAbsent(() =>
        context.call('iam', `Delete${title}Policy`, { [`${title}Name`]: name, PolicyName: properties['PolicyName'] }),
      );
    }
  };
  return {
    type: 'AWS::IAM::Policy',
    async create(properties, context) {
      await put(properties, context);
      return { physicalId: context.generatedName(), attributes: { Id: context.generatedName() } };
    },
    async update(physicalId, next, previous, context) {
      await put(next, context);
      const kept = new Set(targetsOf(next).map(({ title, name }) => `${title}/${name}`));
      const renamed = next['PolicyName'] !== previous['PolicyName'];
      await remove(
        previous,
        targetsOf(previous).filter(({ title, name }) => renamed || !kept.has(`${title}/${name}`)),
        context,
      );
      return { physicalId, attributes: { Id: physicalId } };
    },
    delete: (_physicalId, properties, context) => remove(properties, targetsOf(properties), context),
  };
}

function managedPolicyResource(): ResourceType {
  const sync = async (arn: string, next: Properties, previous: Properties, context: ResourceContext) => {
    for (const title of ['User', 'Group', 'Role'] as const) {
      const wanted = new Set((next[`${title}s`] ?? []) as string[]);
      const before = new Set((previous[`${title}s`] ?? []) as string[]);
      for (const name of wanted)
        await context.call('iam', `Attach${title}Policy`, { [`${title}Name`]: name, PolicyArn: arn });
      for (const name of before) {
        if (!wanted.has(name))
          await unlessAbsent(() =>
            context.call('iam', `Detach${title}Policy`, { [`${title}Name`]: name, PolicyArn: arn }),
          );
      }
    }
  };
  const nameOf = (properties: Properties, context: ResourceContext): string =>
    String(properties['ManagedPolicyName'] ?? context.generatedName({ maxLength: 128 }));
  const physicalIdOf = (properties: Properties, context: ResourceContext): string =>
    `arn:aws:iam::${context.accountId}:policy${properties['Path'] ?? '/'}${nameOf(properties, context)}`;
  return {
    type: 'AWS::IAM::ManagedPolicy',
    physicalIdOf,
    async create(properties, context) {
      await context.call('iam', 'CreatePolicy', {
        PolicyName: nameOf(properties, context),
        Path: properties['Path'] ?? '/',
        Description: properties['Description'],
        PolicyDocument: textOf(properties['PolicyDocument']),
      });
      const arn = physicalIdOf(properties, context);
      await sync(arn, properties, {}, context);
      return { physicalId: arn, attributes: { PolicyArn: arn } };
    },
    async update(arn, next, previous, context) {
      const listed = await context.call('iam', 'ListPolicyVersions', { PolicyArn: arn });
      for (const version of listed.Versions as { VersionId: string; IsDefaultVersion: boolean }[]) {
        if (!version.IsDefaultVersion)
          await context.call('iam', 'DeletePolicyVersion', { PolicyArn: arn, VersionId: version.VersionId });
      }
      await context.call('iam', 'CreatePolicyVersion', {
        PolicyArn: arn,
        PolicyDocument: textOf(next['PolicyDocument']),
        SetAsDefault: true,
      });
      await sync(arn, next, previous, context);
      return { physicalId: arn, attributes: { PolicyArn: arn } };
    },
    async delete(arn, properties, context) {
      await unlessAbsent(async () => {
        await sync(arn, {}, properties, context);
        const listed = await context.call('iam', 'ListPolicyVersions', { PolicyArn: arn });
        for (const version of listed.Versions as { VersionId: string; IsDefaultVersion: boolean }[]) {
          if (!version.IsDefaultVersion)
            await context.call('iam', 'DeletePolicyVersion', { PolicyArn: arn, VersionId: version.VersionId });
        }
        await context.call('iam', 'DeletePolicy', { PolicyArn: arn });
      });
    },
    read: (arn, properties, context) =>
      presentOrNothing(async () => {
        await context.call('iam', 'GetPolicy', { PolicyArn: arn });
        return properties;
      }),
  };
}

function instanceProfileResource(): ResourceType {
  const state = (name: string, context: ResourceContext, path = '/') => ({
    physicalId: name,
    attributes: { Arn: `arn:aws:iam::${context.accountId}:instance-profile${path}${name}` },
  });
  const setRole = async (
    name: string,
    next: string | undefined,
    previous: string | undefined,
    context: ResourceContext,
  ) => {
    if (next === previous) return;
    if (previous !== undefined) {
      await unlessAbsent(() =>
        context.call('iam', 'RemoveRoleFromInstanceProfile', { InstanceProfileName: name, RoleName: previous }),
      );
    }
    if (next !== undefined)
      await context.call('iam', 'AddRoleToInstanceProfile', { InstanceProfileName: name, RoleName: next });
  };
  const physicalIdOf = (properties: Properties, context: ResourceContext): string =>
    String(properties['InstanceProfileName'] ?? context.generatedName({ maxLength: 128 }));
  return {
    type: 'AWS::IAM::InstanceProfile',
    physicalIdOf,
    async create(properties, context) {
      const name = physicalIdOf(properties, context);
      await context.call('iam', 'CreateInstanceProfile', { InstanceProfileName: name, Path: properties['Path'] });
      await setRole(name, properties['Roles']?.[0], undefined, context);
      return state(name, context, properties['Path']);
    },
    async update(name, next, _previous, context) {
      const { InstanceProfile: live } = await context.call('iam', 'GetInstanceProfile', { InstanceProfileName: name });
      await setRole(name, next['Roles']?.[0], live.Roles[0]?.RoleName, context);
      return state(name, context, next['Path']);
    },
    async delete(name, properties, context) {
      await unlessAbsent(async () => {
        await setRole(name, undefined, properties['Roles']?.[0], context);
        await context.call('iam', 'DeleteInstanceProfile', { InstanceProfileName: name });
      });
    },
    read: (name, properties, context) =>
      presentOrNothing(async () => {
        await context.call('iam', 'GetInstanceProfile', { InstanceProfileName: name });
        return properties;
      }),
  };
}

function roleInput(properties: Properties): object {
  return {
    AssumeRolePolicyDocument: textOf(properties['AssumeRolePolicyDocument']),
    Description: properties['Description'],
    MaxSessionDuration: properties['MaxSessionDuration'],
  };
}

function policiesOf(properties: Properties): Policies {
  const inline = (properties['Policies'] ?? []) as { PolicyName: string; PolicyDocument: unknown }[];
  return {
    inline: new Map(inline.map((policy) => [policy.PolicyName, textOf(policy.PolicyDocument)])),
    attached: new Set((properties['ManagedPolicyArns'] ?? []) as string[]),
  };
}

async function syncPolicies(
  { title, name }: Target,
  next: Policies,
  previous: Policies,
  context: ResourceContext,
): Promise<void> {
  const who = { [`${title}Name`]: name };
  for (const [PolicyName, PolicyDocument] of next.inline)
    await context.call('iam', `Put${title}Policy`, { ...who, PolicyName, PolicyDocument });
  for (const PolicyArn of next.attached) await context.call('iam', `Attach${title}Policy`, { ...who, PolicyArn });
  for (const PolicyName of previous.inline.keys()) {
    if (!next.inline.has(PolicyName))
      await unlessAbsent(() => context.call('iam', `Delete${title}Policy`, { ...who, PolicyName }));
  }
  for (const PolicyArn of previous.attached) {
    if (!next.attached.has(PolicyArn))
      await unlessAbsent(() => context.call('iam', `Detach${title}Policy`, { ...who, PolicyArn }));
  }
}

async function syncGroups(
  user: string,
  next: readonly string[],
  previous: readonly string[],
  context: ResourceContext,
): Promise<void> {
  for (const GroupName of next) await context.call('iam', 'AddUserToGroup', { UserName: user, GroupName });
  for (const GroupName of previous) {
    if (!next.includes(GroupName))
      await unlessAbsent(() => context.call('iam', 'RemoveUserFromGroup', { UserName: user, GroupName }));
  }
}

/** Templates may give a policy as an object or as text. */
function textOf(document: unknown): string {
  return typeof document === 'string' ? document : JSON.stringify(document ?? {});
}

async function unlessAbsent(remove: () => Promise<unknown>): Promise<void> {
  await presentOrNothing(remove);
}

async function presentOrNothing<T>(get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (isPlatformError(error, 'NoSuchEntity')) return undefined;
    throw error;
  }
}
