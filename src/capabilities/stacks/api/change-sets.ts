/** Operations around change sets. */
import type { Change, ResourceChangeDetail } from '@aws-sdk/client-cloudformation';
import { pageOf } from '#kernel/paging';
import { type PropertyChange, type Resolved, type ResourceChange, canonicalText } from '#languages/template/index';
import type { ChangeSet } from '../change-set.ts';
import type { ChangeSets } from '../change-sets.ts';
import { originOf } from '../origin.ts';
import type { Stacks } from '../stacks.ts';
import { wireParameters, wireTags } from './descriptions.ts';
import { type Operations, onFailureOf, refuseTriggers, refuseUnsupported, submissionOf } from './submission.ts';

export function changeSetOperations(stacks: Stacks, changeSets: ChangeSets): Operations {
  return {
    async CreateChangeSet(input, context) {
      const unsupported = ['ResourcesToImport', 'ImportExistingResources', 'DeploymentMode', 'DeploymentConfig'];
      // Differs from AWS: a nested stack is one change, whatever IncludeNestedStacks says; its own changes are not listed.
      refuseUnsupported(input, unsupported);
      refuseTriggers(input.RollbackConfiguration);
      refuseUnsupported({ 'ChangeSetType IMPORT': input.ChangeSetType === 'IMPORT' }, ['ChangeSetType IMPORT']);
      const changeSet = await changeSets.create(
        input.StackName ?? '',
        submissionOf(input),
        {
          name: input.ChangeSetName ?? '',
          kind: input.ChangeSetType === 'CREATE' ? 'CREATE' : 'UPDATE',
          description: input.Description,
          clientToken: input.ClientToken,
          onFailure: onFailureOf(input.OnStackFailure, undefined),
        },
        originOf(context),
      );
      return { Id: changeSet.id, StackId: changeSet.stackId };
    },
    DescribeChangeSet(input, { scope }) {
      const changeSet = changeSets.get(input.ChangeSetName ?? '', input.StackName, scope);
      const numbered = changeSet.changes.map((change, index) => ({ change, index }));
      const { items, nextToken } = pageOf(numbered, {
        token: input.NextToken,
        sizeMax: 100,
        key: ({ index }) => [index],
        code: 'ValidationError',
      });
      const changes = items.map(({ change }) => wireChange(change, input.IncludePropertyValues ?? false));
      return { ...wireChangeSet(changeSet), Changes: changes, NextToken: nextToken };
    },
    async ExecuteChangeSet(input, context) {
      const changeSet = changeSets.get(input.ChangeSetName ?? '', input.StackName, context.scope);
      const options = {
        disableRollback: input.DisableRollback,
        retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
        clientToken: input.ClientRequestToken,
      };
      await changeSets.execute(changeSet, options, originOf(context));
      return {};
    },
    async DeleteChangeSet(input, { scope }) {
      await changeSets.delete(changeSets.get(input.ChangeSetName ?? '', input.StackName, scope));
      return {};
    },
    ListChangeSets(input, { scope }) {
      const stack = stacks.getStack(scope, input.StackName ?? '');
      const { items, nextToken } = pageOf(stacks.site.store.read.listChangeSets(stack.id), {
        token: input.NextToken,
        sizeMax: 100,
        key: ({ createdMs, id }) => [createdMs, id],
        code: 'ValidationError',
      });
      const summaries = items.map((changeSet) => {
        const {
          Parameters: _p,
          NotificationARNs: _n,
          Capabilities: _c,
          Tags: _t,
          ...summary
        } = wireChangeSet(changeSet);
        return summary;
      });
      return { Summaries: summaries, NextToken: nextToken };
    },
  };
}

function wireChangeSet(changeSet: ChangeSet) {
  const { desired } = changeSet;
  return {
    ChangeSetName: changeSet.name,
    ChangeSetId: changeSet.id,
    StackId: changeSet.stackId,
    StackName: changeSet.stackName,
    Description: changeSet.description,
    Parameters: wireParameters(desired),
    CreationTime: new Date(changeSet.createdMs),
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    StatusReason: changeSet.statusReason,
    NotificationARNs: [...desired.notificationArns],
    Capabilities: [...desired.capabilities] as ('CAPABILITY_IAM' | 'CAPABILITY_NAMED_IAM' | 'CAPABILITY_AUTO_EXPAND')[],
    Tags: wireTags(desired.tags),
    IncludeNestedStacks: false,
    OnStackFailure: changeSet.onFailure,
  };
}

/** @param withValues adds the properties before and after, as JSON */
function wireChange(change: ResourceChange, withValues: boolean): Change {
  const isRemoval = change.action === 'Remove' || change.replacement === 'True';
  return {
    Type: 'Resource',
    ResourceChange: {
      PolicyAction: isRemoval ? (change.policy as 'Delete' | 'Retain' | 'ReplaceAndDelete' | undefined) : undefined,
      Action: change.action,
      LogicalResourceId: change.logicalId,
      PhysicalResourceId: change.physicalId,
      ResourceType: change.type,
      Replacement: change.replacement,
      Scope: [...new Set(change.details.map(({ attribute }) => attribute))],
      Details: change.details.map((detail) => wireDetail(detail, withValues)),
      ...(withValues && change.before && { BeforeContext: JSON.stringify({ Properties: change.before }) }),
      ...(withValues && change.after && { AfterContext: JSON.stringify({ Properties: change.after }) }),
    },
  };
}

function wireDetail(detail: PropertyChange, withValues: boolean): ResourceChangeDetail {
  const { before, after } = detail;
  return {
    Target: {
      Attribute: detail.attribute,
      Name: detail.name,
      RequiresRecreation: detail.recreation,
      Path: detail.path,
      AttributeChangeType: detail.change,
      ...(withValues && before !== undefined && { BeforeValue: textOf(before) }),
      ...(withValues && after !== undefined && { AfterValue: textOf(after) }),
    },
    Evaluation: detail.evaluation,
    ChangeSource: detail.source,
    CausingEntity: detail.cause,
  };
}

function textOf(value: Resolved): string {
  return typeof value === 'object' ? canonicalText(value) : String(value);
}
