/** A stack, what it holds and what is being done to it: the nouns of this capability. */
import { createHash } from 'node:crypto';
import type { Caller } from '#gateway';
import { formatArn } from '#kernel/arn';
import { newUuid } from '#kernel/ids';

export type StackStatus =
  | 'REVIEW_IN_PROGRESS'
  | 'CREATE_IN_PROGRESS'
  | 'CREATE_COMPLETE'
  | 'CREATE_FAILED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_COMPLETE'
  | 'ROLLBACK_FAILED'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_FAILED'
  | 'UPDATE_ROLLBACK_IN_PROGRESS'
  | 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'
  | 'UPDATE_ROLLBACK_COMPLETE'
  | 'UPDATE_ROLLBACK_FAILED'
  | 'DELETE_IN_PROGRESS'
  | 'DELETE_COMPLETE'
  | 'DELETE_FAILED';

export type ResourceStatus =
  | `${'CREATE' | 'UPDATE' | 'DELETE'}_${'IN_PROGRESS' | 'COMPLETE' | 'FAILED'}`
  | 'DELETE_SKIPPED';

/** What a stack shall be: enough to work its template out again at any time. */
export interface Desired {
  readonly templateText: string;
  readonly description?: string;
  /** Values as given or by default. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Parameters whose values are never shown. */
  readonly maskedParameters: readonly string[];
  /** Parameters that stand for a name in the parameter store. */
  readonly storedParameters: readonly string[];
  /** Values of the parameter store, by name, as they were when the operation began. */
  readonly stored: Readonly<Record<string, string>>;
  /** Texts of the snippets that the template includes, by location, as they were when the operation began. */
  readonly included?: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  readonly notificationArns: readonly string[];
  readonly roleArn?: string;
}

export interface Output {
  readonly key: string;
  readonly value: string;
  /** The value with its dynamic references, where it has any. */
  readonly written?: string;
  readonly description?: string;
  readonly exportName?: string;
}

export interface Stack {
  readonly id: string;
  /** `account/region` */
  readonly scope: string;
  readonly name: string;
  readonly status: StackStatus;
  readonly statusReason?: string;
  readonly createdMs: number;
  readonly updatedMs?: number;
  readonly deletedMs?: number;
  /** The last that was asked for and not rolled back. */
  readonly desired: Desired;
  /** What it was before its last update, for the stack around it that rolls back. */
  readonly before?: Desired;
  /** Where a rollback of a failed update goes back to. */
  readonly fallback?: Desired;
  readonly outputs: readonly Output[];
  readonly disableRollback: boolean;
  readonly timeoutMinutes?: number;
  readonly terminationProtection: boolean;
  readonly policy?: string;
  readonly parentId?: string;
  readonly rootId?: string;
  /** The change set that made its present form. */
  readonly changeSetId?: string;
  /** Client token of the last operation, so that a retried request finds it. */
  readonly lastToken?: string;
  readonly drift?: { readonly status: 'DRIFTED' | 'IN_SYNC'; readonly checkedMs: number };
}

export type OnFailure = 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';

/** The operation in hand. Kept until it has ended, so that a restart goes on with it. */
export interface Operation {
  readonly id: string;
  readonly stackId: string;
  readonly action: 'CREATE' | 'ROLLBACK' | 'UPDATE' | 'UPDATE_ROLLBACK' | 'DELETE';
  /** Apply makes and changes; cleanup deletes what is no longer wanted. */
  readonly phase: 'apply' | 'cleanup';
  readonly caller: Caller;
  readonly clientToken?: string;
  readonly startedMs: number;
  readonly timeoutMinutes?: number;
  readonly onFailure: OnFailure;
  /** Where an update goes back to. */
  readonly previous?: Desired;
  /** Logical ids to leave alone: retained by a deletion, skipped by a rollback that goes on. */
  readonly skip: readonly string[];
  /** A forced deletion leaves behind what cannot be deleted. */
  readonly force: boolean;
  /** A rollback deletes what it made even where the policy is to retain. */
  readonly retainExceptOnCreate: boolean;
}

/** A step that was begun: written before its effect, taken away with its result. */
export interface Intent {
  readonly kind: 'create' | 'update' | 'replace' | 'delete';
  readonly type: string;
  readonly properties: Properties;
  readonly token: string;
  /** What is to be created has an explicit name that somebody else's thing had when the step began. */
  readonly nameWasTaken?: true;
}

export type Properties = Readonly<Record<string, unknown>>;
export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface StackResource {
  readonly stackId: string;
  readonly logicalId: string;
  readonly type: string;
  /** Absent until it is made. */
  readonly physicalId?: string;
  readonly status: ResourceStatus;
  readonly statusReason?: string;
  readonly changedMs: number;
  /** As last applied, functions worked out; dynamic references still in their text. */
  readonly properties: Properties;
  readonly attributes: Attributes;
  /** Its attributes are secrets. */
  readonly noEcho?: true;
  readonly metadata?: unknown;
  readonly deletionPolicy: string;
  readonly updateReplacePolicy: string;
  readonly dependencies: readonly string[];
  /** Tags of the stack when it was last applied. */
  readonly tags: Readonly<Record<string, string>>;
  /** Seed of its generated name, from the step that made it. */
  readonly nameSeed: string;
  readonly intent?: Intent;
  /** Properties of an update that failed half-way, which a rollback has to take back. */
  readonly attempted?: Properties;
  /** Replaced, or made by an update that was rolled back: it only waits to be deleted. */
  readonly discarded?: true;
  readonly drift?: { readonly status: 'IN_SYNC' | 'MODIFIED' | 'DELETED' | 'NOT_CHECKED'; readonly checkedMs: number };
}

export interface StackEvent {
  readonly id: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  /** Properties as JSON, secrets masked. */
  readonly properties?: string;
  readonly clientToken?: string;
  /** Topics that are told of it. */
  readonly notificationArns?: readonly string[];
  readonly timeMs: number;
}

export const stackType = 'AWS::CloudFormation::Stack';

export function newStackId(scope: string, name: string): string {
  return cloudFormationArn(scope, `stack/${name}/${newUuid()}`);
}

export function cloudFormationArn(scope: string, resource: string): string {
  return formatArn({ service: 'cloudformation', ...accountOf(scope), resource });
}

/** The two halves of a scope. */
export function accountOf(scope: string): { accountId: string; region: string } {
  const [accountId = '', region = ''] = scope.split('/');
  return { accountId, region };
}

export function isInProgress(status: StackStatus): boolean {
  return status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS';
}

/**
 * `stack-logicalid-RANDOM`, the same for the same seed; the two names are cut in favour of the random part.
 * @param maxLength at least 20
 */
export function generatedName(
  stackName: string,
  logicalId: string,
  seed: string,
  { maxLength = 128, lowerCase = false }: { maxLength?: number; lowerCase?: boolean } = {},
): string {
  const digest = BigInt(`0x${createHash('sha256').update(seed).digest('hex').slice(0, 24)}`);
  const random = digest.toString(36).toUpperCase().padStart(12, '0').slice(-12);
  const room = Math.max(maxLength - random.length - 2, 2);
  const logicalPart = logicalId.slice(0, Math.max(room - stackName.length, Math.floor(room / 2)));
  const stackPart = stackName.slice(0, room - logicalPart.length);
  const name = `${stackPart}-${logicalPart}-${random}`;
  return lowerCase ? name.toLowerCase() : name;
}
