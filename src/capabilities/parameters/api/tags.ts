import type { SSM } from '@aws-sdk/client-ssm';
import type { HandlersOf } from '#gateway';
import { invalid } from '../errors.ts';
import type { Parameters } from '../parameters.ts';

export function tagOperations(parameters: Parameters): HandlersOf<SSM> {
  return {
    async AddTagsToResource(input, { scope }) {
      const tags = Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
      await parameters.addTags(scope, parameterOf(input), tags);
      return {};
    },
    async RemoveTagsFromResource(input, { scope }) {
      await parameters.removeTags(scope, parameterOf(input), input.TagKeys ?? []);
      return {};
    },
    ListTagsForResource(input, { scope }) {
      const tags = Object.entries(parameters.getTags(scope, parameterOf(input)));
      return { TagList: tags.map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}

function parameterOf(input: { ResourceType?: string | undefined; ResourceId?: string | undefined }): string {
  if (input.ResourceType === 'Parameter') return input.ResourceId ?? '';
  throw invalid('InvalidResourceType', `Only resources of type Parameter have tags here, not '${input.ResourceType}'.`);
}
