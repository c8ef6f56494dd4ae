/** Change sets: plans that are kept, looked at and carried out, or thrown away. */
import { newUuid } from '#kernel/ids';
import { type ResourceChange, Unknown } from '#languages/template/index';
import { bindDesired } from './deploy/desired-template.ts';
import { hasSameOutputs } from './deploy/outputs.ts';
import type { ChangeSet } from './change-set.ts';
import { stackEvent } from './deploy/site.ts';
import {
  changeSetAbsent,
  changeSetExists,
  changeSetNotExecutable,
  invalid,
  stackExists,
  stackToChangeAbsent,
  wrongStatus,
} from './errors.ts';
import type { Origin } from './origin.ts';
import type { Prepared, Submission } from './intake/preparation.ts';
import { type Desired, type OnFailure, type Stack, cloudFormationArn, isInProgress, newStackId } from './stack.ts';
import type { Stacks } from './stacks.ts';

export interface ChangeSetOptions {
  readonly name: string;
  readonly kind: 'CREATE' | 'UPDATE';
  readonly description?: string | undefined;
  readonly clientToken?: string | undefined;
  readonly onFailure: OnFailure;
}

/** What stands in a plan for a value that only deployment will tell. */
const knownAfterApply = '{{changeSet:KNOWN_AFTER_APPLY}}';

export class ChangeSets {
  readonly #stacks: Stacks;

  constructor(stacks: Stacks) {
    this.#stacks = stacks;
  }

  /** Plans and keeps the plan. One without changes is kept as failed, as CloudFormation does. */
  async create(
    nameOrId: string,
    submission: Submission,
    options: ChangeSetOptions,
    origin: Origin,
  ): Promise<ChangeSet> {
    const { store, clock } = this.#stacks.site;
    const stack = this.#stackFor(nameOrId, options, origin);
    const before = store.read.findChangeSetByName(stack.id, options.name);
    if (before !== undefined) {
      if (options.clientToken !== undefined && before.clientToken === options.clientToken) return before;
      throw changeSetExists(options.name);
    }
    const isNew = stack.status === 'REVIEW_IN_PROGRESS';
    const base = isNew ? { id: stack.id, name: stack.name, scope: stack.scope } : stack;
    const prepared = await this.#stacks.preparation.prepare(submission, base, origin, true);
    const changes = this.#stacks.plan(stack, prepared);
    const isEmpty = !isNew && changes.length === 0 && hasSameOutputs(stack, prepared.bound, store.read);
    const changeSet: ChangeSet = {
      id: cloudFormationArn(origin.scope, `changeSet/${options.name}/${newUuid()}`),
      name: options.name,
      stackId: stack.id,
      stackName: stack.name,
      kind: options.kind,
      createdMs: clock.nowMs(),
      status: isEmpty ? 'FAILED' : 'CREATE_COMPLETE',
      executionStatus: isEmpty ? 'UNAVAILABLE' : 'AVAILABLE',
      desired: prepared.desired,
      changes: changes.map(withoutUnknowns),
      onFailure: options.onFailure,
      stackStatus: stack.status,
      ...(isEmpty && { statusReason: noChanges }),
      ...(options.description !== undefined && { description: options.description }),
      ...(options.clientToken !== undefined && { clientToken: options.clientToken }),
    };
    await store.write((records) => {
      const live = records.findLiveStack(origin.scope, stack.name);
      if (isNew && live === undefined) {
        records.putStack({ ...stack, desired: prepared.desired });
        records.addEvent(stackEvent(this.#stacks.site, stack, { reason: 'User Initiated' }));
      } else if (live?.id !== stack.id) {
        throw stackExists(stack.name);
      }
      if (records.findChangeSetByName(stack.id, options.name) !== undefined) throw changeSetExists(options.name);
      records.putChangeSet(changeSet);
    });
    return changeSet;
  }

  /** @param nameOrId with a name the stack must be given @throws ChangeSetNotFound */
  get(nameOrId: string, stackNameOrId: string | undefined, scope: string): ChangeSet {
    const { read } = this.#stacks.site.store;
    if (nameOrId.startsWith('arn:')) {
      const found = read.findChangeSet(nameOrId);
      if (found === undefined || !found.id.startsWith(cloudFormationArn(scope, ''))) throw changeSetAbsent(nameOrId);
      return found;
    }
    if (stackNameOrId === undefined)
      throw invalid('StackName must be specified if ChangeSetName is not specified as an ARN.');
    const stack = this.#stacks.findStack(scope, stackNameOrId);
    if (stack === undefined) throw stackToChangeAbsent(stackNameOrId);
    const found = read.findChangeSetByName(stack.id, nameOrId);
    if (found === undefined) throw changeSetAbsent(nameOrId);
    return found;
  }

  /** Carries it out. The stack must be as it was when the change set was made. */
  async execute(
    changeSet: ChangeSet,
    options: { disableRollback: boolean | undefined; retainExceptOnCreate: boolean; clientToken: string | undefined },
    origin: Origin,
  ): Promise<void> {
    if (changeSet.executionStatus !== 'AVAILABLE') {
      throw changeSetNotExecutable(changeSet.id, changeSet.status === 'FAILED' ? 'FAILED' : changeSet.executionStatus);
    }
    const stack = this.#stacks.getStack(origin.scope, changeSet.stackId);
    if (isInProgress(stack.status)) throw wrongStatus(stack.id, stack.status, 'updated');
    const prepared: Prepared = { desired: changeSet.desired, bound: bindDesired(stack, changeSet.desired) };
    const onFailure = options.disableRollback ? 'DO_NOTHING' : changeSet.onFailure;
    if (changeSet.kind === 'CREATE') {
      await this.#executeCreate(stack, changeSet, prepared, { ...options, onFailure }, origin);
    } else {
      await this.#stacks.applyUpdate(
        stack,
        prepared,
        {
          disableRollback: onFailure === 'DO_NOTHING',
          retainExceptOnCreate: options.retainExceptOnCreate,
          clientToken: options.clientToken,
          changeSetId: changeSet.id,
        },
        origin,
      );
    }
  }

  /** @throws InvalidChangeSetStatus while it is carried out */
  async delete(changeSet: ChangeSet): Promise<void> {
    await this.#stacks.site.store.write((records) => records.deleteChangeSet(changeSet.id));
  }

  async #executeCreate(
    stack: Stack,
    changeSet: ChangeSet,
    prepared: Prepared,
    options: { onFailure: OnFailure; retainExceptOnCreate: boolean; clientToken: string | undefined },
    origin: Origin,
  ): Promise<void> {
    const { store } = this.#stacks.site;
    await store.write((records) => {
      const current = records.findStack(stack.id);
      if (current?.status !== 'REVIEW_IN_PROGRESS') throw changeSetNotExecutable(changeSet.id, 'OBSOLETE');
      const next: Stack = {
        ...current,
        desired: changeSet.desired,
        disableRollback: options.onFailure === 'DO_NOTHING',
        changeSetId: changeSet.id,
        ...(options.clientToken !== undefined && { lastToken: options.clientToken }),
      };
      this.#stacks.begin(records, next, 'CREATE_IN_PROGRESS', {
        ...this.#stacks.newOperation(next, 'CREATE', origin),
        onFailure: options.onFailure,
        retainExceptOnCreate: options.retainExceptOnCreate,
        ...(options.clientToken !== undefined && { clientToken: options.clientToken }),
      });
      this.#stacks.claimImports(records, next, prepared.bound);
      records.putChangeSet({ ...changeSet, executionStatus: 'EXECUTE_COMPLETE' });
    });
    this.#stacks.deployments.start(stack.id);
  }

  /** The stack to change, or a new one that waits for review. */
  #stackFor(nameOrId: string, options: ChangeSetOptions, origin: Origin): Stack {
    const stack = this.#stacks.findStack(origin.scope, nameOrId);
    if (options.kind === 'UPDATE') {
      if (stack === undefined || stack.status === 'DELETE_COMPLETE') throw stackToChangeAbsent(nameOrId);
      if (isInProgress(stack.status) || stack.status === 'REVIEW_IN_PROGRESS' || stack.status === 'ROLLBACK_COMPLETE') {
        throw wrongStatus(stack.id, stack.status, 'updated');
      }
      return stack;
    }
    if (stack !== undefined && stack.status !== 'REVIEW_IN_PROGRESS') throw stackExists(stack.name);
    if (stack !== undefined) return stack;
    const id = newStackId(origin.scope, nameOrId);
    const create = { onFailure: options.onFailure, terminationProtection: false, retainExceptOnCreate: false };
    const desired: Desired = {
      templateText: '',
      parameters: {},
      maskedParameters: [],
      storedParameters: [],
      stored: {},
      tags: {},
      capabilities: [],
      notificationArns: [],
    };
    return { ...this.#stacks.newStack(id, nameOrId, desired, create, origin), status: 'REVIEW_IN_PROGRESS' };
  }
}

const noChanges =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

/** A plan as it can be kept: values that are not known yet become a mark. */
function withoutUnknowns(change: ResourceChange): ResourceChange {
  return JSON.parse(
    JSON.stringify(change, (_name, value: unknown) => (value instanceof Unknown ? knownAfterApply : value)),
  ) as ResourceChange;
}
