/**
 * The enabled rules of each bus with their patterns compiled, kept in memory: every event of the platform is held
 * against them, and where a bus has no rules that must cost nothing.
 */
import { messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import { compileEventPattern, type EventTest } from '#languages/event-pattern/event-pattern';
import type { EventEnvelope } from '../event.ts';
import type { RuleStore } from '../store/rules.ts';
import type { Target } from '../targets/target.ts';
import type { Rule } from './rule.ts';

export interface ActiveRule {
  readonly rule: Rule;
  readonly targets: readonly Target[];
}

interface CompiledRule extends ActiveRule {
  readonly test: EventTest;
}

export class RuleTable {
  readonly #store: RuleStore;
  readonly #log: Log;
  readonly #byBus = new Map<string, readonly CompiledRule[]>();

  constructor(store: RuleStore, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Whether any rule of the bus waits for events. */
  hasRules(scope: string, bus: string): boolean {
    return this.#rulesOf(scope, bus).length > 0;
  }

  /** The rules of the bus that want the event, each with one target or more. */
  matching(scope: string, bus: string, event: EventEnvelope): ActiveRule[] {
    return this.#rulesOf(scope, bus).filter(({ test }) => test(event));
  }

  /** To be called when anything of the bus's rules or targets was changed. */
  forget(scope: string, bus: string): void {
    this.#byBus.delete(`${scope}\n${bus}`);
  }

  #rulesOf(scope: string, bus: string): readonly CompiledRule[] {
    const key = `${scope}\n${bus}`;
    let rules = this.#byBus.get(key);
    if (rules === undefined) {
      rules = this.#load(scope, bus);
      this.#byBus.set(key, rules);
    }
    return rules;
  }

  #load(scope: string, bus: string): CompiledRule[] {
    return this.#store.listRules(scope, bus).flatMap((rule) => {
      if (rule.state !== 'ENABLED' || rule.pattern === undefined) return [];
      const targets = this.#store.listTargets(scope, rule);
      const test = targets.length === 0 ? undefined : this.#compile(rule.name, rule.pattern);
      return test === undefined ? [] : [{ rule, targets, test }];
    });
  }

  /** A pattern that an earlier version took and this one does not must not hold up those who tell of events. */
  #compile(rule: string, pattern: string): EventTest | undefined {
    try {
      return compileEventPattern(pattern);
    } catch (error) {
      this.#log.error('a rule is left out, since its pattern cannot be read', { rule, why: messageOf(error) });
      return undefined;
    }
  }
}
