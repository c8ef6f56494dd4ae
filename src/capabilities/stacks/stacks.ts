/** What can be done with stacks: create, update, delete and what goes with them. The doing is in `deploy/`. */
import { newUuid } from '#kernel/ids';
import { type BoundTemplate, type ResourceChange, planStack } from '#languages/template/index';
import type { Site } from './deploy/site.ts';
import { stackEvent } from './deploy/site.ts';
import { bindDesired } from './deploy/desired-template.ts';
import { hasSameOutputs } from './deploy/outputs.ts';
import type { Deployments } from './deploy/deployments.ts';
import {
  invalid,
  nothingToUpdate,
  stackAbsent,
  stackExists,
  stackToChangeAbsent,
  terminationProtected,
  wrongStatus,
} from './errors.ts';
import type { Origin } from './origin.ts';
import { deployedOf } from './planning.ts';
import type { Prepared, Preparation, Submission } from './intake/preparation.ts';
import {
  type Desired,
  type OnFailure,
  type Operation,
  type Stack,
  type StackStatus,
  isInProgress,
  newStackId,
} from './stack.ts';
import { checkPolicy, parsePolicy } from './stack-policy.ts';
import type { Records } from './store.ts';

export interface CreateOptions {
  readonly onFailure: OnFailure;
  readonly timeoutMinutes?: number | undefined;
  readonly terminationProtection: boolean;
  readonly retainExceptOnCreate: boolean;
  readonly policy?: string | undefined;
  readonly clientToken?: string | undefined;
  readonly parent?: Stack | undefined;
}

export interface UpdateOptions {
  readonly disableRollback: boolean;
  readonly retainExceptOnCreate: boolean;
  readonly policy?: string | undefined;
  /** Holds for this update only, in place of the stack's policy. */
  readonly policyDuringUpdate?: string | undefined;
  readonly clientToken?: string | undefined;
  readonly changeSetId?: string | undefined;
}

export interface DeleteOptions {
  readonly retain: readonly string[];
  readonly force: boolean;
  readonly clientToken?: string | undefined;
}

const updatable: readonly StackStatus[] = [
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'CREATE_FAILED',
  'UPDATE_FAILED',
];

export class Stacks {
  readonly site: Site;
  readonly deployments: Deployments;
  readonly preparation: Preparation;

  constructor(site: Site, deployments: Deployments, preparation: Preparation) {
    this.site = site;
    this.deployments = deployments;
    this.preparation = preparation;
  }

  /** @throws ValidationError when there is no such stack; a deleted one is found by its id only */
  getStack(scope: string, nameOrId: string): Stack {
    const stack = this.findStack(scope, nameOrId);
    if (stack === undefined) throw stackAbsent(nameOrId);
    return stack;
  }

  findStack(scope: string, nameOrId: string): Stack | undefined {
    const { read } = this.site.store;
    if (!nameOrId.startsWith('arn:')) return read.findLiveStack(scope, nameOrId);
    const stack = read.findStack(nameOrId);
    return stack?.scope === scope ? stack : undefined;
  }

  /** Begins a new stack. @returns its id, before anything is made */
  async createStack(name: string, submission: Submission, options: CreateOptions, origin: Origin): Promise<string> {
    checkName(name);
    const existing = this.site.store.read.findLiveStack(origin.scope, name);
    if (existing !== undefined) {
      if (options.clientToken !== undefined && existing.lastToken === options.clientToken) return existing.id;
      throw stackExists(name);
    }
    if (options.policy !== undefined) parsePolicy(options.policy);
    const id = newStackId(origin.scope, name);
    const prepared = await this.preparation.prepare(submission, { id, name, scope: origin.scope }, origin, false);
    const stack = this.newStack(id, name, prepared.desired, options, origin);
    await this.site.store.write((records) => {
      if (records.findLiveStack(origin.scope, name) !== undefined) throw stackExists(name);
      this.begin(records, stack, 'CREATE_IN_PROGRESS', {
        ...this.newOperation(stack, 'CREATE', origin),
        onFailure: options.onFailure,
        retainExceptOnCreate: options.retainExceptOnCreate,
        ...(options.timeoutMinutes !== undefined && { timeoutMinutes: options.timeoutMinutes }),
        ...(options.clientToken !== undefined && { clientToken: options.clientToken }),
      });
      this.claimImports(records, stack, prepared.bound);
    });
    this.deployments.start(id);
    return id;
  }

  /** @returns its id @throws ValidationError `No updates are to be performed.` when nothing would change */
  async updateStack(nameOrId: string, submission: Submission, options: UpdateOptions, origin: Origin): Promise<string> {
    const stack = this.#getToChange(origin.scope, nameOrId);
    if (options.clientToken !== undefined && stack.lastToken === options.clientToken) return stack.id;
    checkUpdatable(stack);
    const prepared = await this.preparation.prepare(submission, stack, origin, false);
    return this.applyUpdate(stack, prepared, options, origin);
  }

  /** Begins an update that was prepared, by itself or in a change set. */
  async applyUpdate(stack: Stack, prepared: Prepared, options: UpdateOptions, origin: Origin): Promise<string> {
    if (options.policy !== undefined) parsePolicy(options.policy);
    const changes = this.plan(stack, prepared);
    // One that failed and was not rolled back is brought to its template even where the plan finds nothing to make.
    const isSound = !stack.status.endsWith('_FAILED');
    if (isSound && changes.length === 0 && hasSameOutputs(stack, prepared.bound, this.site.store.read)) {
      throw nothingToUpdate();
    }
    const policy = options.policyDuringUpdate ?? stack.policy;
    if (policy !== undefined) checkPolicy(parsePolicy(policy), changes);
    await this.site.store.write((records) => {
      const current = records.findStack(stack.id) ?? stack;
      checkUpdatable(current);
      const next: Stack = {
        ...current,
        desired: prepared.desired,
        before: current.desired,
        updatedMs: this.site.clock.nowMs(),
        disableRollback: options.disableRollback,
        ...(options.policy !== undefined && { policy: options.policy }),
        ...(options.clientToken !== undefined && { lastToken: options.clientToken }),
        ...(options.changeSetId !== undefined && { changeSetId: options.changeSetId }),
      };
      this.begin(records, next, 'UPDATE_IN_PROGRESS', {
        ...this.newOperation(next, 'UPDATE', origin),
        previous: current.fallback ?? current.desired,
        onFailure: options.disableRollback ? 'DO_NOTHING' : 'ROLLBACK',
        retainExceptOnCreate: options.retainExceptOnCreate,
        ...(options.clientToken !== undefined && { clientToken: options.clientToken }),
      });
      this.claimImports(records, next, prepared.bound);
      for (const other of records.listChangeSets(stack.id)) {
        if (other.executionStatus !== 'AVAILABLE') continue;
        const executionStatus = other.id === options.changeSetId ? 'EXECUTE_COMPLETE' : 'OBSOLETE';
        records.putChangeSet({ ...other, executionStatus });
      }
    });
    this.deployments.start(stack.id);
    return stack.id;
  }

  /** Begins an update back to what a stack was before its last one. */
  async restoreStack(stack: Stack, clientToken: string, origin: Origin): Promise<void> {
    if (stack.before === undefined) throw nothingToUpdate();
    const prepared: Prepared = { desired: stack.before, bound: bindDesired(stack, stack.before) };
    const options = { disableRollback: false, retainExceptOnCreate: false, clientToken };
    await this.applyUpdate(stack, prepared, options, origin);
  }

  /** Begins to delete it. A stack that is not there is deleted already. */
  async deleteStack(nameOrId: string, options: DeleteOptions, origin: Origin): Promise<void> {
    const stack = this.findStack(origin.scope, nameOrId);
    if (stack === undefined || stack.status === 'DELETE_COMPLETE') return;
    if (stack.terminationProtection) throw terminationProtected(stack.name);
    if (options.retain.length > 0 && stack.status !== 'DELETE_FAILED') {
      throw invalid(
        `Invalid operation on stack [${stack.id}]. RetainResources can only be given for a stack in DELETE_FAILED state, this one is in ${stack.status}.`,
      );
    }
    const known = new Set(this.site.store.read.listResources(stack.id).map(({ logicalId }) => logicalId));
    const stranger = options.retain.find((name) => !known.has(name));
    if (stranger !== undefined) throw invalid(`Resource ${stranger} does not exist for stack ${stack.name}`);
    if (stack.status === 'DELETE_IN_PROGRESS') return;
    if (/^UPDATE_.*IN_PROGRESS$/.test(stack.status)) throw wrongStatus(stack.id, stack.status, 'deleted');
    this.deployments.halt(stack.id, 'superseded');
    await this.site.store.write((records) => {
      const current = records.findStack(stack.id);
      if (current === undefined || current.status === 'DELETE_COMPLETE') return;
      this.begin(records, current, 'DELETE_IN_PROGRESS', {
        ...this.newOperation(current, 'DELETE', origin),
        skip: options.retain,
        force: options.force,
        ...(options.clientToken !== undefined && { clientToken: options.clientToken }),
      });
    });
    this.deployments.start(stack.id);
  }

  /** Turns an update in hand around. */
  cancelUpdate(nameOrId: string, origin: Origin): void {
    const stack = this.#getToChange(origin.scope, nameOrId);
    if (stack.status !== 'UPDATE_IN_PROGRESS') {
      throw invalid(`CancelUpdateStack cannot be called from current stack status: ${stack.status}`);
    }
    this.deployments.halt(stack.id, 'cancelled');
  }

  /** Tries a rollback again that failed. @param skip logical ids to take as rolled back */
  async continueUpdateRollback(
    nameOrId: string,
    skip: readonly string[],
    clientToken: string | undefined,
    origin: Origin,
  ): Promise<void> {
    const stack = this.#getToChange(origin.scope, nameOrId);
    if (stack.status !== 'UPDATE_ROLLBACK_FAILED') {
      throw wrongStatus(stack.id, stack.status, 'rolled back further');
    }
    await this.#beginRollback(stack, 'UPDATE_ROLLBACK', { skip, clientToken }, origin);
  }

  /** Rolls back a stack whose operation failed with rollback switched off. @returns its id */
  async rollbackStack(
    nameOrId: string,
    options: { clientToken: string | undefined; retainExceptOnCreate: boolean },
    origin: Origin,
  ): Promise<string> {
    const stack = this.#getToChange(origin.scope, nameOrId);
    if (stack.status !== 'CREATE_FAILED' && stack.status !== 'UPDATE_FAILED') {
      throw wrongStatus(stack.id, stack.status, 'rolled back');
    }
    const action = stack.status === 'CREATE_FAILED' ? 'ROLLBACK' : 'UPDATE_ROLLBACK';
    await this.#beginRollback(stack, action, { skip: [], ...options }, origin);
    return stack.id;
  }

  async setTerminationProtection(nameOrId: string, isOn: boolean, origin: Origin): Promise<string> {
    const stack = this.#getToChange(origin.scope, nameOrId);
    if (stack.parentId !== undefined) {
      throw invalid(
        `Termination protection of the nested stack ${stack.name} is that of its root stack. Set it there.`,
      );
    }
    await this.#change(stack.id, (current) => ({ ...current, terminationProtection: isOn }));
    return stack.id;
  }

  async setPolicy(nameOrId: string, policy: string, origin: Origin): Promise<void> {
    parsePolicy(policy);
    const stack = this.#getToChange(origin.scope, nameOrId);
    await this.#change(stack.id, (current) => ({ ...current, policy }));
  }

  /** What an update to this would do. */
  plan(stack: Stack, prepared: Prepared): ResourceChange[] {
    const { store, schemas } = this.site;
    return planStack(deployedOf(store.read.listResources(stack.id)), prepared.bound, {
      schemas,
      exportValue: (name) => store.read.findExport(stack.scope, name)?.value,
      canUpdate: (type) => this.site.findType(type)?.update !== undefined,
      tagsChange: JSON.stringify(stack.desired.tags) !== JSON.stringify(prepared.desired.tags),
    });
  }

  newStack(id: string, name: string, desired: Desired, options: CreateOptions, origin: Origin): Stack {
    const { parent, policy, timeoutMinutes, clientToken } = options;
    return {
      id,
      scope: origin.scope,
      name,
      status: 'CREATE_IN_PROGRESS',
      createdMs: this.site.clock.nowMs(),
      desired,
      outputs: [],
      disableRollback: options.onFailure === 'DO_NOTHING',
      terminationProtection: options.terminationProtection,
      ...(policy !== undefined && { policy }),
      ...(timeoutMinutes !== undefined && { timeoutMinutes }),
      ...(clientToken !== undefined && { lastToken: clientToken }),
      ...(parent !== undefined && { parentId: parent.id, rootId: parent.rootId ?? parent.id }),
    };
  }

  /** Status, event and operation in one write, so that either all of it is begun or nothing. */
  begin(records: Records, stack: Stack, status: StackStatus, operation: Operation): void {
    const { statusReason: _before, ...base } = stack;
    const reason = 'User Initiated';
    const begun: Stack = { ...base, status, statusReason: reason };
    records.putStack(begun);
    records.addEvent(stackEvent(this.site, begun, { reason, clientToken: operation.clientToken }));
    records.putOperation(operation);
  }

  /** The operation with nothing special asked for. */
  newOperation(stack: Stack, action: Operation['action'], origin: Origin): Operation {
    return {
      id: newUuid(),
      stackId: stack.id,
      action,
      phase: 'apply',
      caller: origin.caller,
      startedMs: this.site.clock.nowMs(),
      onFailure: 'ROLLBACK',
      skip: [],
      force: false,
      retainExceptOnCreate: false,
    };
  }

  /** Exports must not go away while an operation that imports them runs. */
  claimImports(records: Records, stack: Stack, bound: BoundTemplate): void {
    const { schemas } = this.site;
    const names = bound.imports({
      resource: (logicalId) => bound.unknownResource(logicalId, schemas),
      exportValue: (name) => records.findExport(stack.scope, name)?.value,
    });
    records.replaceImports(stack.scope, stack.id, [
      ...new Set([...records.listImports(stack.scope, stack.id), ...names]),
    ]);
  }

  async #beginRollback(
    stack: Stack,
    action: 'ROLLBACK' | 'UPDATE_ROLLBACK',
    options: { skip: readonly string[]; clientToken: string | undefined; retainExceptOnCreate?: boolean },
    origin: Origin,
  ): Promise<void> {
    await this.site.store.write((records) => {
      const current = records.findStack(stack.id) ?? stack;
      if (isInProgress(current.status)) throw wrongStatus(current.id, current.status, 'rolled back');
      const desired = current.fallback ?? current.desired;
      this.begin(records, { ...current, desired }, `${action}_IN_PROGRESS`, {
        ...this.newOperation(stack, action, origin),
        skip: options.skip,
        retainExceptOnCreate: options.retainExceptOnCreate ?? false,
        ...(options.clientToken !== undefined && { clientToken: options.clientToken }),
      });
    });
    this.deployments.start(stack.id);
  }

  #getToChange(scope: string, nameOrId: string): Stack {
    const stack = this.findStack(scope, nameOrId);
    if (stack === undefined || stack.status === 'DELETE_COMPLETE') throw stackToChangeAbsent(nameOrId);
    return stack;
  }

  async #change(id: string, change: (stack: Stack) => Stack): Promise<void> {
    await this.site.store.write((records) => {
      const stack = records.findStack(id);
      if (stack === undefined) throw stackAbsent(id);
      records.putStack(change(stack));
    });
  }
}

function checkName(name: string): void {
  if (/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(name)) return;
  throw invalid(
    `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]* and have at most 128 characters`,
  );
}

function checkUpdatable(stack: Stack): void {
  if (!updatable.includes(stack.status)) throw wrongStatus(stack.id, stack.status, 'updated');
}
