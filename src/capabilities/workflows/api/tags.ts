import type { SFN } from '@aws-sdk/client-sfn';
import type { HandlersOf } from '#gateway';
import { isPlatformError } from '#kernel/errors';
import { resourceAbsent } from '../errors.ts';
import type { Activities } from '../machines/activities.ts';
import type { Tags } from '../machines/machine.ts';
import type { Machines } from '../machines/machines.ts';
import { parseStatesArn } from '../machines/name.ts';
import type { Face } from './face.ts';

interface WireTag {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

export function tagOperations(face: Face): HandlersOf<SFN> {
  return {
    async TagResource(input) {
      await changeTags(face, input.resourceArn ?? '', (tags) => ({ ...tags, ...tagsOf(input.tags) }));
      return {};
    },
    async UntagResource(input) {
      const keys = new Set(input.tagKeys);
      await changeTags(face, input.resourceArn ?? '', (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.has(key))),
      );
      return {};
    },
    ListTagsForResource(input) {
      const arn = input.resourceArn ?? '';
      const { owner, scope, name } = ownerOf(face, arn);
      const found = owner.find(scope, name);
      if (found === undefined) throw resourceAbsent(arn);
      return { tags: Object.entries(found.tags).map(([key, value]) => ({ key, value })) };
    },
  };
}

export function tagsOf(tags: readonly WireTag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map(({ key = '', value = '' }) => [key, value]));
}

async function changeTags(face: Face, arn: string, change: (tags: Tags) => Tags): Promise<void> {
  const { owner, scope, name } = ownerOf(face, arn);
  try {
    await owner.changeTags(scope, name, change);
  } catch (error) {
    const isAbsent = ['StateMachineDoesNotExist', 'ActivityDoesNotExist'].some((code) => isPlatformError(error, code));
    throw isAbsent ? resourceAbsent(arn) : error;
  }
}

/** Machines and activities carry tags; versions and aliases have none. */
function ownerOf(face: Face, arn: string): { owner: Machines | Activities; scope: string; name: string } {
  const { scope, kind, parts } = parseStatesArn(arn, 'stateMachine', 'activity');
  const [name = '', ...qualifiers] = parts;
  if (qualifiers.length > 0) throw resourceAbsent(arn);
  return { owner: kind === 'activity' ? face.activities : face.machines, scope, name };
}
