/** Tags of rules, buses and schedule groups. */
import { limitExceeded } from './errors.ts';

export type Tags = Readonly<Record<string, string>>;

interface WireTag {
  readonly Key: string | undefined;
  readonly Value: string | undefined;
}

const tagsMax = 50;

export function tagsOf(tags: readonly WireTag[] = []): Tags {
  return Object.fromEntries(tags.map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

export function wireTags(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** @throws LimitExceededException beyond 50 tags */
export function withTags(before: Tags, added: Tags): Tags {
  const after = { ...before, ...added };
  if (Object.keys(after).length > tagsMax) throw limitExceeded(`A resource has at most ${tagsMax} tags.`);
  return after;
}

export function withoutTags(before: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(before).filter(([key]) => !keys.includes(key)));
}
