/** AWS::Glue::Job, AWS::Glue::Trigger and AWS::Glue::Workflow. Their properties are spelled as the API's members. */
import { changeTags, tagsOf, type Properties, type ResourceContext, type ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';
import { jobArn } from './job.ts';
import { triggerArn } from './flow/trigger.ts';
import { workflowArn } from './flow/workflow.ts';

interface Kind {
  readonly type: string;
  /** `Job`: part of the operations' names. */
  readonly noun: string;
  arn(scope: string, name: string): string;
  /** Name and changed members as the update operation takes them. */
  updateInput(name: string, members: Properties): object;
  getInput(name: string): object;
}

export const jobResources: readonly ResourceType[] = [
  resourceOf({
    type: 'AWS::Glue::Job',
    noun: 'Job',
    arn: jobArn,
    updateInput: (JobName, JobUpdate) => ({ JobName, JobUpdate }),
    getInput: (JobName) => ({ JobName }),
  }),
  resourceOf({
    type: 'AWS::Glue::Trigger',
    noun: 'Trigger',
    arn: triggerArn,
    updateInput: (Name, { Type: _type, WorkflowName: _workflow, StartOnCreation: _start, ...TriggerUpdate }) => ({
      Name,
      TriggerUpdate,
    }),
    getInput: (Name) => ({ Name }),
  }),
  resourceOf({
    type: 'AWS::Glue::Workflow',
    noun: 'Workflow',
    arn: workflowArn,
    // The operation leaves what it is not given.
    updateInput: (Name, members) => ({ Name, Description: '', DefaultRunProperties: {}, ...members }),
    getInput: (Name) => ({ Name }),
  }),
];

function resourceOf(kind: Kind): ResourceType {
  const { noun } = kind;
  return {
    type: kind.type,
    physicalIdOf: nameOf,
    async create(properties, context) {
      const Name = nameOf(properties, context);
      const Tags = tagsOf(properties, context);
      await context.call('glue', `Create${noun}`, { ...membersOf(properties), Name, Tags });
      return { physicalId: Name };
    },
    async update(name, next, previous, context) {
      await context.call('glue', `Update${noun}`, kind.updateInput(name, membersOf(next)));
      const ResourceArn = kind.arn(`${context.accountId}/${context.region}`, name);
      await changeTags(next, previous, context, {
        untag: (TagsToRemove) => context.call('glue', 'UntagResource', { ResourceArn, TagsToRemove }),
        tag: (TagsToAdd) => context.call('glue', 'TagResource', { ResourceArn, TagsToAdd }),
      });
      return { physicalId: name };
    },
    async delete(name, _properties, context) {
      const input = noun === 'Job' ? { JobName: name } : { Name: name };
      await context.call('glue', `Delete${noun}`, input);
    },
    async read(name, properties, context) {
      try {
        const answer = await context.call('glue', `Get${noun}`, kind.getInput(name));
        const ResourceArn = kind.arn(`${context.accountId}/${context.region}`, name);
        const { Tags } = await context.call('glue', 'GetTags', { ResourceArn });
        // StartOnCreation only matters then; it cannot be read back.
        const live: Properties = { StartOnCreation: properties['StartOnCreation'], ...answer[noun], Tags };
        const known = Object.keys(properties).filter((member) => member in live);
        return Object.fromEntries(known.map((member) => [member, live[member] as unknown]));
      } catch (error) {
        if (isPlatformError(error, 'EntityNotFoundException')) return undefined;
        throw error;
      }
    },
  };
}

function nameOf(properties: Properties, context: ResourceContext): string {
  return (properties['Name'] as string | undefined) ?? context.generatedName({ maxLength: 255 });
}

function membersOf(properties: Properties): Properties {
  const { Name: _name, Tags: _tags, ...members } = properties;
  return members;
}
