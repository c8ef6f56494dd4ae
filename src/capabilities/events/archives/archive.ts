/** Archives: the events of a bus that a pattern names, kept to be replayed. */
import { findArn, formatArn } from '#kernel/arn';
import { compileEventPattern } from '#languages/event-pattern/event-pattern';
import { validation } from '../errors.ts';

export interface Archive {
  readonly name: string;
  readonly bus: string;
  readonly description?: string;
  /** JSON text of the event pattern; without one every event is kept. */
  readonly pattern?: string;
  /** 0 keeps events for good. */
  readonly retentionDays: number;
  readonly createdMs: number;
}

export type ArchiveSettings = Pick<Archive, 'name'> & Partial<Omit<Archive, 'name' | 'bus' | 'createdMs'>>;

const dayMs = 86_400_000;

export function archiveArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'events', region, accountId, resource: `archive/${name}` });
}

/** @throws ValidationException when it is not the ARN of an archive */
export function archiveNameOf(arn: string): string {
  const found = findArn(arn);
  const name = found?.service === 'events' ? /^archive\/([^/]+)$/.exec(found.resource)?.[1] : undefined;
  if (name !== undefined) return name;
  throw validation(`Parameter EventSourceArn is not valid. Reason: ${arn} is not the ARN of an archive.`);
}

/** What is not given stays; an empty pattern takes the one before away. @throws InvalidEventPatternException */
export function changeArchive(before: Archive, settings: ArchiveSettings): Archive {
  const { pattern = '', ...others } = { ...before, ...settings };
  if (pattern === '') return others;
  compileEventPattern(pattern);
  return { ...others, pattern };
}

/** What was taken in before this time is no longer kept. */
export function keptSinceMs({ retentionDays }: Archive, nowMs: number): number {
  return retentionDays === 0 ? 0 : nowMs - retentionDays * dayMs;
}
