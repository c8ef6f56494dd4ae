/** Glue's operations on tags. */
import type { Glue } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import type { GlueTags } from '../tags.ts';
import { required } from './request.ts';

export function tagOperations(tags: GlueTags): HandlersOf<Glue> {
  return {
    async TagResource(input, context) {
      await tags.put(context.scope, required(input.ResourceArn, 'ResourceArn'), required(input.TagsToAdd, 'TagsToAdd'));
      return {};
    },

    async UntagResource(input, context) {
      const keys = required(input.TagsToRemove, 'TagsToRemove');
      await tags.remove(context.scope, required(input.ResourceArn, 'ResourceArn'), keys);
      return {};
    },

    GetTags(input, context) {
      return { Tags: tags.list(context.scope, required(input.ResourceArn, 'ResourceArn')) };
    },
  };
}
