/**
 * Rules at work: every event of the platform, and every event that a client puts, goes past the enabled rules of its
 * account and region, and from the rules that want it to their targets.
 *
 * Limit: events wait in memory for their targets; those that a crash catches there are not delivered again.
 */
import type { Clock, Timer } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { EventHub, PlatformEvent } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import { parseSchedule, runSchedule } from '#kernel/schedule';
import type { Logs } from '#logs';
import { limitExceeded, ruleAbsent } from './errors.ts';
import { envelopeOf, type EventEnvelope } from './event.ts';
import { compileEventPattern, type EventTest } from './event-pattern.ts';
import { checkRule, destinationOf, ruleArn, type Rule, type RuleState, type Target } from './rule.ts';
import type { RuleStore } from './store.ts';
import { parsePath, targetInput } from './target-input.ts';

/** Source of what this capability tells the ones below it; no client can put events under it. */
export const internalSource = 'millpond.events';

// Limit: a delivery is tried 3 times, a second apart, and then dropped with a word in the log.
const triesMax = 3;
const retryMs = 1000;
const tagsMax = 50;

export interface RulesParts {
  readonly store: RuleStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly logs: Logs;
}

export class Rules {
  readonly #parts: RulesParts;
  readonly #timers = new Map<string, Timer>();
  /** Compiled patterns of rules, by scope and name, with the text they were compiled from. */
  readonly #tests = new Map<string, { text: string; test: EventTest }>();
  readonly #deliveries = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(parts: RulesParts) {
    this.#parts = parts;
  }

  async putRule(scope: string, rule: Rule, tags: Readonly<Record<string, string>>): Promise<void> {
    checkRule(rule);
    await this.#parts.store.putRule(scope, rule, tags);
    this.#arm(scope, rule);
  }

  /** @throws ResourceNotFoundException */
  getRule(scope: string, name: string): Rule {
    const rule = this.#parts.store.findRule(scope, name);
    if (rule === undefined) throw ruleAbsent(name);
    return rule;
  }

  listRules(scope: string, prefix = ''): Rule[] {
    return this.#parts.store.listRules(scope).filter((rule) => rule.name.startsWith(prefix));
  }

  async setState(scope: string, name: string, state: RuleState): Promise<void> {
    this.#arm(scope, await this.#parts.store.setState(scope, name, state));
  }

  async deleteRule(scope: string, name: string): Promise<void> {
    await this.#parts.store.deleteRule(scope, name);
    this.#disarm(scope, name);
    this.#tests.delete(keyOf(scope, name));
  }

  /** @throws ValidationException naming a target that nothing here serves */
  async putTargets(scope: string, rule: string, targets: readonly Target[]): Promise<void> {
    for (const target of targets) checkTarget(target);
    await this.#parts.store.putTargets(scope, rule, targets);
  }

  /** @returns the ids that were not there */
  removeTargets(scope: string, rule: string, ids: readonly string[]): Promise<string[]> {
    return this.#parts.store.removeTargets(scope, rule, ids);
  }

  /** @throws ResourceNotFoundException */
  listTargets(scope: string, rule: string): Target[] {
    this.getRule(scope, rule);
    return this.#parts.store.listTargets(scope, rule);
  }

  listRuleNamesByTarget(scope: string, arn: string): string[] {
    return this.#parts.store.listRuleNamesByTarget(scope, arn);
  }

  getTags(scope: string, rule: string): Readonly<Record<string, string>> {
    return this.#parts.store.getTags(scope, rule);
  }

  addTags(scope: string, rule: string, tags: Readonly<Record<string, string>>): Promise<void> {
    return this.#parts.store.changeTags(scope, rule, (before) => {
      const after = { ...before, ...tags };
      if (Object.keys(after).length > tagsMax)
        throw limitExceeded(`Rule ${rule} would have more than ${tagsMax} tags.`);
      return after;
    });
  }

  removeTags(scope: string, rule: string, keys: readonly string[]): Promise<void> {
    return this.#parts.store.changeTags(scope, rule, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))),
    );
  }

  /** Sends an event to the targets of every rule that wants it. */
  async route(event: PlatformEvent): Promise<void> {
    if (event.source === internalSource) return;
    const scope = `${event.accountId}/${event.region}`;
    const envelope = envelopeOf(event);
    const wanting = this.#parts.store
      .listRules(scope)
      .filter(
        (rule) =>
          rule.state === 'ENABLED' && rule.pattern !== undefined && this.#test(scope, rule, rule.pattern)(envelope),
      );
    await Promise.all(wanting.map((rule) => this.#send(scope, rule, envelope)));
  }

  start(): void {
    for (const { scope, rule } of this.#parts.store.listScheduled()) this.#arm(scope, rule);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the platform is stopping'));
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    await Promise.all(this.#deliveries);
  }

  #arm(scope: string, rule: Rule): void {
    this.#disarm(scope, rule.name);
    if (rule.state !== 'ENABLED' || rule.schedule === undefined) return;
    const timer = runSchedule(parseSchedule(rule.schedule), this.#parts.clock, () => this.#onTime(scope, rule));
    this.#timers.set(keyOf(scope, rule.name), timer);
  }

  #disarm(scope: string, name: string): void {
    this.#timers.get(keyOf(scope, name))?.cancel();
    this.#timers.delete(keyOf(scope, name));
  }

  #onTime(scope: string, rule: Rule): void {
    const [accountId = '', region = ''] = scope.split('/');
    const event = envelopeOf({
      id: newUuid(),
      source: 'aws.events',
      detailType: 'Scheduled Event',
      accountId,
      region,
      time: this.#parts.clock.now(),
      resources: [ruleArn(scope, rule.name)],
      detail: {},
    });
    this.#keep(this.#send(scope, rule, event));
  }

  async #send(scope: string, rule: Rule, event: EventEnvelope): Promise<void> {
    const targets = this.#parts.store.listTargets(scope, rule.name);
    const deliveries = targets.map((target) => this.#deliver(scope, rule, target, event));
    for (const delivery of deliveries) this.#keep(delivery);
    await Promise.all(deliveries);
  }

  /** Never rejects. */
  async #deliver(scope: string, rule: Rule, target: Target, event: EventEnvelope): Promise<void> {
    const { clock, log } = this.#parts;
    for (let tries = 1; ; tries++) {
      try {
        const text = targetInput(target, rule, ruleArn(scope, rule.name), event, clock.now());
        return await this.#hand(target, rule, event, text);
      } catch (error) {
        if (tries < triesMax && !this.#stopping.signal.aborted) {
          await clock.sleep(retryMs, this.#stopping.signal).catch(() => undefined);
          continue;
        }
        log.warn('an event did not reach its target', { rule: rule.name, target: target.arn, why: messageOf(error) });
        return;
      }
    }
  }

  async #hand(target: Target, rule: Rule, event: EventEnvelope, text: string): Promise<void> {
    const destination = destinationOf(target);
    if (destination.kind === 'log-group') {
      // Differs from AWS: a log group that is missing is made, and events of a rule share one stream with its name.
      await this.#parts.logs.append(destination.scope, destination.group, rule.name, [text]);
      return;
    }
    const [accountId = '', region = ''] = destination.scope.split('/');
    this.#parts.events.publish({
      id: newUuid(),
      source: internalSource,
      detailType: 'Glue Workflow Notification',
      accountId,
      region,
      time: this.#parts.clock.now(),
      resources: [target.arn],
      detail: { workflowName: destination.workflow, eventId: event.id },
    });
  }

  #test(scope: string, rule: Rule, text: string): EventTest {
    const known = this.#tests.get(keyOf(scope, rule.name));
    if (known?.text === text) return known.test;
    const test = compileEventPattern(text);
    this.#tests.set(keyOf(scope, rule.name), { text, test });
    return test;
  }

  #keep(delivery: Promise<void>): void {
    this.#deliveries.add(delivery);
    void delivery.finally(() => this.#deliveries.delete(delivery));
  }
}

function checkTarget(target: Target): void {
  destinationOf(target);
  if (target.inputPath !== undefined) parsePath(target.inputPath);
  for (const path of Object.values(target.transformer?.paths ?? {})) parsePath(path);
}

function keyOf(scope: string, name: string): string {
  return `${scope}\n${name}`;
}
