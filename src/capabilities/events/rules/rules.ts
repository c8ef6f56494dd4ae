/** The rules of event buses and their targets: what is kept, and what changes take effect at once. */
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { defaultBus, type BusAddress } from '../buses/bus.ts';
import { busAbsent, ruleAbsent, validation } from '../errors.ts';
import { envelopeOf } from '../event.ts';
import type { RuleStore } from '../store/rules.ts';
import { withTags, withoutTags, type Tags } from '../tags.ts';
import { checkDeadLetterQueue } from '../targets/dead-letters.ts';
import type { Deliveries } from '../targets/deliveries.ts';
import { destinationOf } from '../targets/destination.ts';
import type { Sender } from '../targets/sender.ts';
import type { Target } from '../targets/target.ts';
import { checkInput } from '../targets/target-input.ts';
import { RuleTimers } from './rule-timers.ts';
import type { RuleTable } from './rule-table.ts';
import { checkRule, ruleArn, type Rule, type RuleName, type RuleState } from './rule.ts';

export interface RulesParts {
  readonly state: State;
  readonly store: RuleStore;
  readonly table: RuleTable;
  readonly deliveries: Deliveries;
  readonly sender: Sender;
  readonly hasBus: (address: BusAddress) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

export class Rules {
  readonly #parts: RulesParts;
  readonly #timers: RuleTimers;

  constructor(parts: RulesParts) {
    this.#parts = parts;
    this.#timers = new RuleTimers(parts.clock, (scope, rule) => this.#onTime(scope, rule));
  }

  /** Arms every rule that goes off by time. */
  start(): void {
    const { store, log } = this.#parts;
    for (const { scope, rule } of store.listScheduled()) {
      try {
        this.#timers.arm(scope, rule);
      } catch (error) {
        // One that an earlier version took must not keep the platform from starting.
        log.error('a rule is left out, since its schedule cannot be read', { rule: rule.name, why: messageOf(error) });
      }
    }
  }

  stop(): void {
    this.#timers.stop();
  }

  /** Creates or replaces; targets stay. @throws ValidationException, InvalidEventPatternException, LimitExceededException */
  async putRule(scope: string, rule: Rule, tags: Tags): Promise<void> {
    this.#needBus({ scope, bus: rule.bus });
    checkRule(rule);
    const { store, clock } = this.#parts;
    const isScheduled = rule.schedule !== undefined;
    const asked = isScheduled ? { ...rule, scheduledSinceMs: clock.nowMs() } : rule;
    this.#changed(scope, await store.putRule(scope, asked, tags));
  }

  /** @throws ResourceNotFoundException */
  getRule(scope: string, name: RuleName): Rule {
    const rule = this.#parts.store.findRule(scope, name);
    if (rule === undefined) throw ruleAbsent(name.name, name.bus);
    return rule;
  }

  listRules({ scope, bus }: BusAddress, prefix = ''): Rule[] {
    this.#needBus({ scope, bus });
    return this.#parts.store.listRules(scope, bus).filter((rule) => rule.name.startsWith(prefix));
  }

  async setState(scope: string, name: RuleName, state: RuleState): Promise<void> {
    this.#changed(scope, await this.#parts.store.setState(scope, name, state));
  }

  async deleteRule(scope: string, name: RuleName): Promise<void> {
    await this.#parts.store.deleteRule(scope, name);
    if (name.bus === defaultBus) this.#timers.disarm(scope, name.name);
    this.#parts.table.forget(scope, name.bus);
  }

  /** @throws ValidationException naming a target that nothing here serves, ResourceNotFoundException */
  async putTargets(scope: string, rule: RuleName, targets: readonly Target[]): Promise<void> {
    for (const target of targets) this.#checkTarget(target, rule);
    await this.#parts.store.putTargets(scope, rule, targets);
    this.#parts.table.forget(scope, rule.bus);
  }

  /** @returns the ids that were not there */
  async removeTargets(scope: string, rule: RuleName, ids: readonly string[]): Promise<string[]> {
    const missing = await this.#parts.store.removeTargets(scope, rule, ids);
    this.#parts.table.forget(scope, rule.bus);
    return missing;
  }

  /** @throws ResourceNotFoundException */
  listTargets(scope: string, rule: RuleName): Target[] {
    this.getRule(scope, rule);
    return this.#parts.store.listTargets(scope, rule);
  }

  listRuleNamesByTarget({ scope, bus }: BusAddress, arn: string): string[] {
    this.#needBus({ scope, bus });
    return this.#parts.store.listRuleNamesByTarget(scope, bus, arn);
  }

  getTags(scope: string, rule: RuleName): Tags {
    return this.#parts.store.getTags(scope, rule);
  }

  addTags(scope: string, rule: RuleName, tags: Tags): Promise<void> {
    return this.#parts.store.changeTags(scope, rule, (before) => withTags(before, tags));
  }

  removeTags(scope: string, rule: RuleName, keys: readonly string[]): Promise<void> {
    return this.#parts.store.changeTags(scope, rule, (before) => withoutTags(before, keys));
  }

  #needBus(address: BusAddress): void {
    if (!this.#parts.hasBus(address)) throw busAbsent(address.bus);
  }

  #changed(scope: string, rule: Rule): void {
    this.#parts.table.forget(scope, rule.bus);
    if (rule.bus === defaultBus) this.#timers.arm(scope, rule);
  }

  #checkTarget(target: Target, rule: RuleName): void {
    const destination = destinationOf(target.arn);
    this.#parts.sender.assertServed(destination);
    checkInput(target);
    const needsRole = destination.kind === 'state-machine' || destination.kind === 'api-destination';
    if (needsRole && target.roleArn === undefined) throw validation(`RoleArn is required for target ${target.arn}.`);
    if (destination.kind === 'queue' && destination.queue.endsWith('.fifo') && target.messageGroupId === undefined) {
      throw validation(`Parameter(s) SqsParameters must be specified for target: ${target.id}.`);
    }
    if (destination.kind === 'bus' && destination.bus === rule.bus) {
      throw validation(`Target ${target.id} is the bus of the rule itself, which would not come to an end.`);
    }
    if (target.deadLetterArn !== undefined) checkDeadLetterQueue(target.deadLetterArn);
  }

  #onTime(scope: string, rule: Rule): void {
    const { state, store, deliveries, clock, log } = this.#parts;
    const [accountId = '', region = ''] = scope.split('/');
    const event = envelopeOf({
      id: newUuid(),
      source: 'aws.events',
      detailType: 'Scheduled Event',
      accountId,
      region,
      time: clock.now(),
      resources: [ruleArn(scope, rule)],
      detail: {},
    });
    const targets = store.listTargets(scope, rule);
    state
      .write((db) => deliveries.recordFor(db, { scope, rule, targets, event }))
      .catch((error: unknown) => log.error('a scheduled rule did not go off', { error, rule: rule.name }));
  }
}
