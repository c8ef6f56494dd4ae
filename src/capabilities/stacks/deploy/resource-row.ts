/** The record of a resource through its steps: from what is wanted to what is there. */
import type { ResourceState } from '#capability';
import { newUuid } from '#kernel/ids';
import { type ResolvedMapping, canonicalText } from '#languages/template/index';
import type { Intent, Properties, Stack, StackResource } from '../stack.ts';

/** What a resource shall be after the step. */
export interface Wanted {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Properties;
  /** As JSON for the events, secrets masked. */
  readonly shownProperties: string;
  readonly metadata?: unknown;
  readonly deletionPolicy: string;
  readonly updateReplacePolicy: string;
  readonly dependencies: readonly string[];
}

export function newIntent(kind: Intent['kind'], wanted: Wanted): Intent {
  return { kind, type: wanted.type, properties: wanted.properties, token: newUuid() };
}

export function describe(stack: Stack, wanted: Wanted) {
  const { logicalId, type, properties, metadata, deletionPolicy, updateReplacePolicy, dependencies } = wanted;
  return {
    stackId: stack.id,
    logicalId,
    type,
    properties,
    deletionPolicy,
    updateReplacePolicy,
    dependencies,
    tags: stack.desired.tags,
    ...(metadata !== undefined && { metadata }),
  };
}

export function withState({ noEcho: _before, ...row }: StackResource, state: ResourceState): StackResource {
  return {
    ...row,
    physicalId: state.physicalId,
    attributes: state.attributes ?? {},
    ...(state.noEcho === true && { noEcho: true }),
  };
}

/** The record after a failure: what was there stays, and what an update may have half done is remembered. */
export function failedRow(
  begun: StackResource,
  attempted: Properties,
  reason: string,
  changedMs: number,
): StackResource {
  const { intent, ...row } = begun;
  const verb = intent?.kind === 'create' ? 'CREATE' : intent?.kind === 'delete' ? 'DELETE' : 'UPDATE';
  const failed: StackResource = { ...row, status: `${verb}_FAILED`, statusReason: reason, changedMs };
  return intent?.kind === 'update' ? { ...failed, attempted } : failed;
}

/** Whether a resource is already as wanted. @param tags of the stack, for a type that can follow them */
export function isAsWanted(
  row: StackResource,
  wanted: Wanted,
  tags: Readonly<Record<string, string>> | undefined,
): boolean {
  return (
    row.intent === undefined &&
    row.attempted === undefined &&
    row.type === wanted.type &&
    row.physicalId !== undefined &&
    canonicalText(row.properties as ResolvedMapping) === canonicalText(wanted.properties as ResolvedMapping) &&
    (tags === undefined || canonicalText(row.tags) === canonicalText(tags))
  );
}
