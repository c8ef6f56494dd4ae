/** The tags of a CloudFormation resource: those of its stack, under those that its template names. */
import type { Properties, ResourceContext } from './resource-type.ts';

export type Tags = Readonly<Record<string, string>>;

export interface WireTag {
  readonly Key: string;
  readonly Value: string;
}

/** @param properties with `Tags`, which is a list of keys and values with some types and a map with others */
export function tagsOf(properties: Properties, context: Pick<ResourceContext, 'tags'>): Tags {
  const own = (properties['Tags'] ?? {}) as Tags | readonly WireTag[];
  return { ...context.tags, ...(isList(own) ? Object.fromEntries(own.map(({ Key, Value }) => [Key, Value])) : own) };
}

function isList(tags: Tags | readonly WireTag[]): tags is readonly WireTag[] {
  return Array.isArray(tags);
}

/** The form that most operations take. */
export function wireTags(tags: Tags): WireTag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Brings a resource's tags from what they were to what they have to be, by its service's two operations as far as needed. */
export async function changeTags(
  next: Properties,
  previous: Properties,
  context: Pick<ResourceContext, 'tags'>,
  calls: { readonly untag: (keys: string[]) => Promise<unknown>; readonly tag: (tags: Tags) => Promise<unknown> },
): Promise<void> {
  const [before, after] = [tagsOf(previous, context), tagsOf(next, context)];
  const gone = Object.keys(before).filter((key) => !(key in after));
  if (gone.length > 0) await calls.untag(gone);
  if (Object.keys(after).length > 0) await calls.tag(after);
}
