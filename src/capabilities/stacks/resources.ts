/** Resource types of this capability: nested stacks, and the marker that the CDK puts into its templates. */
import { tagsOf, type Properties, type ResourceContext, type ResourceState, type ResourceType } from '#capability';
import { PlatformError, isPlatformError } from '#kernel/errors';
import { patienceOf } from './callbacks/callback-failure.ts';
import { invalid, nothingToUpdate } from './errors.ts';
import type { Origin } from './origin.ts';
import type { Submission } from './intake/preparation.ts';
import { type Stack, stackType } from './stack.ts';
import type { Stacks } from './stacks.ts';

/** Limit: stacks are nested at most 10 deep, so that a template that contains itself comes to an end. */
const nestingMax = 10;

export function stackResources(stacks: Stacks): readonly ResourceType[] {
  return [nestedStack(stacks), cdkMetadata];
}

/** `AWS::CDK::Metadata` says which constructs a template came from. It makes nothing, on AWS neither. */
const cdkMetadata: ResourceType = {
  type: 'AWS::CDK::Metadata',
  create: (_properties, context) => Promise.resolve({ physicalId: context.generatedName() }),
  update: (physicalId) => Promise.resolve({ physicalId }),
  delete: () => Promise.resolve(),
};

function nestedStack(stacks: Stacks): ResourceType {
  return {
    type: stackType,
    async create(properties, context) {
      const origin = originOf(stacks, context);
      const parent = stacks.getStack(origin.scope, context.stackId);
      checkDepth(stacks, parent);
      const id = await stacks.createStack(
        context.generatedName({ maxLength: 128 }),
        submissionOf(properties, parent, context),
        {
          onFailure: 'DELETE',
          timeoutMinutes: properties['TimeoutInMinutes'] as number | undefined,
          terminationProtection: false,
          retainExceptOnCreate: false,
          clientToken: context.token,
          parent,
        },
        origin,
      );
      await context.initiated?.(id);
      const child = await stacks.deployments.wait(id, patienceOf(context));
      if (child?.status === 'CREATE_COMPLETE') return stateOf(child);
      throw embeddedFailure(stacks, id, 'created');
    },
    async update(physicalId, next, _previous, context) {
      const origin = originOf(stacks, context);
      const parent = stacks.getStack(origin.scope, context.stackId);
      // A try before this one may still be at work.
      await stacks.deployments.wait(physicalId, context.signal);
      const isRollback = parent.status === 'UPDATE_ROLLBACK_IN_PROGRESS';
      try {
        if (isRollback) await restore(stacks, physicalId, context, origin);
        else await stacks.updateStack(physicalId, submissionOf(next, parent, context), updateOptions(context), origin);
      } catch (error) {
        if (!isPlatformError(error) || error.message !== nothingToUpdate().message) throw error;
      }
      const child = await stacks.deployments.wait(physicalId, context.signal);
      const isSound = /^(?:CREATE|UPDATE)_COMPLETE$/.test(child?.status ?? '');
      if (child !== undefined && (isSound || (isRollback && child.status === 'UPDATE_ROLLBACK_COMPLETE'))) {
        return stateOf(child);
      }
      throw embeddedFailure(stacks, physicalId, 'updated');
    },
    async delete(physicalId, _properties, context) {
      const origin = originOf(stacks, context);
      await stacks.deleteStack(physicalId, { retain: [], force: false, clientToken: context.token }, origin);
      const child = await stacks.deployments.wait(physicalId, context.signal);
      if (child !== undefined && child.status !== 'DELETE_COMPLETE')
        throw embeddedFailure(stacks, physicalId, 'deleted');
    },
    read: (physicalId, properties) =>
      Promise.resolve(
        stacks.site.store.read.findStack(physicalId)?.status === 'DELETE_COMPLETE' ? undefined : properties,
      ),
  };
}

/** Takes back the update of a nested stack, if the operation that rolls back made one. */
async function restore(stacks: Stacks, id: string, context: ResourceContext, origin: Origin): Promise<void> {
  const child = stacks.getStack(origin.scope, id);
  const operation = stacks.site.store.read.findOperation(context.stackId);
  const isUntouched = (child.updatedMs ?? 0) < (operation?.startedMs ?? 0);
  if (isUntouched || child.status !== 'UPDATE_COMPLETE') return;
  await stacks.restoreStack(child, context.token, origin);
}

function updateOptions(context: ResourceContext) {
  return { disableRollback: false, retainExceptOnCreate: false, clientToken: context.token };
}

function originOf(stacks: Stacks, context: ResourceContext): Origin {
  const { accountId, region } = context;
  const operation = stacks.site.store.read.findOperation(context.stackId);
  if (operation === undefined) throw invalid(`The stack ${context.stackName} has no operation in hand.`);
  return { caller: operation.caller, accountId, region, scope: `${accountId}/${region}` };
}

function checkDepth(stacks: Stacks, parent: Stack): void {
  let depth = 1;
  for (let above: Stack | undefined = parent; above?.parentId !== undefined; depth++) {
    above = stacks.site.store.read.findStack(above.parentId);
  }
  if (depth < nestingMax) return;
  throw invalid(`Stacks are nested more than ${nestingMax} deep at ${parent.name}. Does a template contain itself?`);
}

function submissionOf(properties: Properties, parent: Stack, context: ResourceContext): Submission {
  const parameters = Object.entries((properties['Parameters'] ?? {}) as Record<string, string>);
  return {
    template: { url: String(properties['TemplateURL']) },
    usePreviousTemplate: false,
    parameters: parameters.map(([key, value]) => ({ key, value, usePrevious: false })),
    tags: tagsOf(properties, context),
    // What the caller acknowledged for the whole holds for its parts.
    capabilities: parent.desired.capabilities,
    notificationArns: (properties['NotificationARNs'] ?? []) as string[],
    roleArn: parent.desired.roleArn,
  };
}

function stateOf(child: Stack): ResourceState {
  const outputs = child.outputs.map(({ key, value }): [string, string] => [`Outputs.${key}`, value]);
  return {
    physicalId: child.id,
    attributes: { ...Object.fromEntries(outputs), StackId: child.id, StackStatus: child.status },
  };
}

function embeddedFailure(stacks: Stacks, id: string, verb: string): PlatformError {
  const reason = stacks.site.store.read
    .listEvents(id, 200)
    .reverse()
    .find(({ status, reason: why }) => status.endsWith('_FAILED') && why !== undefined);
  const detail = reason === undefined ? '' : `: ${reason.logicalId}: ${reason.reason}`;
  return invalid(`Embedded stack ${id} was not successfully ${verb}${detail}`);
}
