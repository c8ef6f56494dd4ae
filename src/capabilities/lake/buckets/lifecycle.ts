/** Lifecycle rules: which are sound, and what falls due. S3 user guide, "Lifecycle configuration elements". */
import { invalidArgument, invalidRequest, malformedXml } from '../errors.ts';
import type { ObjectVersion } from '../objects/object.ts';

export interface LifecycleFilter {
  readonly Prefix?: string | undefined;
  readonly Tag?: { readonly Key?: string | undefined; readonly Value?: string | undefined } | undefined;
  readonly ObjectSizeGreaterThan?: number | undefined;
  readonly ObjectSizeLessThan?: number | undefined;
  readonly And?:
    | {
        readonly Prefix?: string | undefined;
        readonly Tags?:
          | readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[]
          | undefined;
        readonly ObjectSizeGreaterThan?: number | undefined;
        readonly ObjectSizeLessThan?: number | undefined;
      }
    | undefined;
}

export interface LifecycleRule {
  readonly ID?: string | undefined;
  readonly Status?: string | undefined;
  /** The older place of the filter. */
  readonly Prefix?: string | undefined;
  readonly Filter?: LifecycleFilter | undefined;
  readonly Expiration?:
    | {
        readonly Days?: number | undefined;
        readonly Date?: Date | undefined;
        readonly ExpiredObjectDeleteMarker?: boolean | undefined;
      }
    | undefined;
  readonly NoncurrentVersionExpiration?:
    | { readonly NoncurrentDays?: number | undefined; readonly NewerNoncurrentVersions?: number | undefined }
    | undefined;
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation?: number | undefined } | undefined;
  readonly Transitions?: readonly object[] | undefined;
  readonly NoncurrentVersionTransitions?: readonly object[] | undefined;
}

const rulesMax = 1000;
const dayMs = 86_400_000;

// Differs from AWS: transitions between storage classes are kept and returned, and change nothing.
/** @throws MalformedXML, InvalidArgument, InvalidRequest */
export function assertLifecycleRules(rules: readonly LifecycleRule[]): void {
  if (rules.length === 0 || rules.length > rulesMax)
    throw malformedXml(`A lifecycle has 1 to ${rulesMax} rules, not ${rules.length}.`);
  const ids = new Set<string>();
  for (const rule of rules) {
    const name = rule.ID ?? '(without ID)';
    if (rule.ID !== undefined && rule.ID.length > 255)
      throw invalidArgument('ID length should not exceed allowed limit of 255.', 'ID', rule.ID);
    if (rule.ID !== undefined && ids.has(rule.ID))
      throw invalidArgument(`Rule ID must be unique: '${rule.ID}' is there twice.`, 'ID', rule.ID);
    if (rule.ID !== undefined) ids.add(rule.ID);
    if (rule.Status !== 'Enabled' && rule.Status !== 'Disabled')
      throw malformedXml(`Rule '${name}' needs the Status Enabled or Disabled.`);
    const days = [
      rule.Expiration?.Days,
      rule.NoncurrentVersionExpiration?.NoncurrentDays,
      rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
    ];
    if (days.some((count) => count !== undefined && count <= 0))
      throw invalidArgument(`Rule '${name}': days must be a positive integer.`);
    const date = rule.Expiration?.Date;
    if (date !== undefined && date.getTime() % dayMs !== 0)
      throw invalidArgument(`Rule '${name}': 'Date' must be at midnight GMT.`);
    const actions = [rule.Expiration, rule.NoncurrentVersionExpiration, rule.AbortIncompleteMultipartUpload];
    const transitions = [...(rule.Transitions ?? []), ...(rule.NoncurrentVersionTransitions ?? [])];
    if (actions.every((action) => action === undefined) && transitions.length === 0) {
      throw invalidRequest(`Rule '${name}' has no action: at least one must be specified.`);
    }
  }
}

/** The part of the keys that a rule can concern. */
export function prefixOf(rule: LifecycleRule): string {
  return rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? rule.Prefix ?? '';
}

export function matchesRule(rule: LifecycleRule, version: ObjectVersion): boolean {
  const { Filter: filter } = rule;
  const tags = filter?.And?.Tags ?? (filter?.Tag ? [filter.Tag] : []);
  const above = filter?.And?.ObjectSizeGreaterThan ?? filter?.ObjectSizeGreaterThan;
  const below = filter?.And?.ObjectSizeLessThan ?? filter?.ObjectSizeLessThan;
  return (
    version.key.startsWith(prefixOf(rule)) &&
    tags.every(({ Key = '', Value = '' }) => version.attributes.tags?.[Key] === Value) &&
    (above === undefined || version.sizeBytes > above) &&
    (below === undefined || version.sizeBytes < below)
  );
}

/** A rule's days count from the midnight (UTC) that follows the given moment. */
export function isDue(since: Date, days: number, now: Date): boolean {
  const dueMs = Math.ceil((since.getTime() + days * dayMs) / dayMs) * dayMs;
  return now.getTime() >= dueMs;
}

/** Whether the current version is to go. */
export function isExpired(rule: LifecycleRule, version: ObjectVersion, now: Date): boolean {
  const { Days: days, Date: date } = rule.Expiration ?? {};
  if (days === undefined && date === undefined) return false;
  const isTime =
    days === undefined ? now.getTime() >= (date as Date).getTime() : isDue(version.lastModified, days, now);
  return isTime && matchesRule(rule, version);
}
