import type { Db, State } from '#kernel/state';
import { limitExceeded, ruleAbsent, validation } from '../errors.ts';
import type { Rule, RuleName, RuleState } from '../rules/rule.ts';
import type { Tags } from '../tags.ts';
import type { Target } from '../targets/target.ts';

interface RuleRow {
  scope: string;
  bus: string;
  name: string;
  state: RuleState;
  pattern: string | null;
  schedule: string | null;
  description: string | null;
  role_arn: string | null;
  scheduled_ms: number | null;
  tags: string;
}

// Limit: a bus has at most 300 rules, and a rule 5 targets.
const rulesMax = 300;
const targetsMax = 5;

export class RuleStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  findRule(scope: string, name: RuleName): Rule | undefined {
    return findRule(this.#state.reader, scope, name)?.rule;
  }

  /** Rules of a bus in order of their names. */
  listRules(scope: string, bus: string): Rule[] {
    return this.#state.reader
      .prepare<RuleRow>('SELECT * FROM events_rule WHERE scope = ? AND bus = ? ORDER BY name')
      .all(scope, bus)
      .map(ruleOf);
  }

  /** Every rule that is switched on and has a schedule. */
  listScheduled(): { scope: string; rule: Rule }[] {
    return this.#state.reader
      .prepare<RuleRow>("SELECT * FROM events_rule WHERE state = 'ENABLED' AND schedule IS NOT NULL")
      .all()
      .map((row) => ({ scope: row.scope, rule: ruleOf(row) }));
  }

  /** Creates or replaces. Targets stay; tags are set on creation only. @returns the rule as it is kept */
  putRule(scope: string, rule: Rule, tags: Tags): Promise<Rule> {
    return this.#state.write((db) => {
      const before = findRule(db, scope, rule);
      const { count } = db
        .prepare<{ count: number }>('SELECT count(*) AS count FROM events_rule WHERE scope = ? AND bus = ?')
        .get(scope, rule.bus) ?? { count: 0 };
      if (before === undefined && count >= rulesMax) {
        throw limitExceeded(`There are ${count} rules already; ${rulesMax} is the most on a bus.`);
      }
      db.prepare('INSERT OR REPLACE INTO events_rule VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
        scope,
        rule.bus,
        rule.name,
        rule.state,
        rule.pattern ?? null,
        rule.schedule ?? null,
        rule.description ?? null,
        rule.roleArn ?? null,
        JSON.stringify(before?.tags ?? tags),
        scheduledSince(before?.rule, rule) ?? null,
      );
      return needRule(db, scope, rule).rule;
    });
  }

  setState(scope: string, { bus, name }: RuleName, state: RuleState): Promise<Rule> {
    return this.#state.write((db) => {
      const { rule } = needRule(db, scope, { bus, name });
      db.prepare('UPDATE events_rule SET state = ? WHERE scope = ? AND bus = ? AND name = ?').run(
        state,
        scope,
        bus,
        name,
      );
      return { ...rule, state };
    });
  }

  /** Deleting what is not there is no error. @throws ValidationException while the rule has targets */
  deleteRule(scope: string, { bus, name }: RuleName): Promise<void> {
    return this.#state.write((db) => {
      if (listTargets(db, scope, { bus, name }).length > 0) {
        throw validation(`Rule can't be deleted since it has targets. Remove the targets of ${name} first.`);
      }
      db.prepare('DELETE FROM events_rule WHERE scope = ? AND bus = ? AND name = ?').run(scope, bus, name);
    });
  }

  /** Targets in order of their ids. */
  listTargets(scope: string, rule: RuleName): Target[] {
    return listTargets(this.#state.reader, scope, rule);
  }

  putTargets(scope: string, rule: RuleName, targets: readonly Target[]): Promise<void> {
    return this.#state.write((db) => {
      needRule(db, scope, rule);
      for (const target of targets) {
        db.prepare('INSERT OR REPLACE INTO events_target VALUES (?, ?, ?, ?, ?, ?)').run(
          scope,
          rule.bus,
          rule.name,
          target.id,
          target.arn,
          JSON.stringify(target),
        );
      }
      const count = listTargets(db, scope, rule).length;
      if (count > targetsMax)
        throw limitExceeded(`Rule ${rule.name} would have ${count} targets; ${targetsMax} is the most.`);
    });
  }

  /** @returns the ids that were not there */
  removeTargets(scope: string, rule: RuleName, ids: readonly string[]): Promise<string[]> {
    return this.#state.write((db) => {
      needRule(db, scope, rule);
      const statement = db.prepare('DELETE FROM events_target WHERE scope = ? AND bus = ? AND rule = ? AND id = ?');
      return ids.filter((id) => Number(statement.run(scope, rule.bus, rule.name, id).changes) === 0);
    });
  }

  /** Names of the rules of a bus that send to an ARN, in order. */
  listRuleNamesByTarget(scope: string, bus: string, arn: string): string[] {
    return this.#state.reader
      .prepare<{ rule: string }>(
        'SELECT DISTINCT rule FROM events_target WHERE scope = ? AND bus = ? AND arn = ? ORDER BY rule',
      )
      .all(scope, bus, arn)
      .map((row) => row.rule);
  }

  getTags(scope: string, rule: RuleName): Tags {
    return needRule(this.#state.reader, scope, rule).tags;
  }

  changeTags(scope: string, rule: RuleName, change: (tags: Tags) => Tags): Promise<void> {
    return this.#state.write((db) => {
      const tags = change(needRule(db, scope, rule).tags);
      db.prepare('UPDATE events_rule SET tags = ? WHERE scope = ? AND bus = ? AND name = ?').run(
        JSON.stringify(tags),
        scope,
        rule.bus,
        rule.name,
      );
    });
  }
}

function findRule(db: Db, scope: string, { bus, name }: RuleName): { rule: Rule; tags: Tags } | undefined {
  const row = db
    .prepare<RuleRow>('SELECT * FROM events_rule WHERE scope = ? AND bus = ? AND name = ?')
    .get(scope, bus, name);
  return row === undefined ? undefined : { rule: ruleOf(row), tags: JSON.parse(row.tags) as Tags };
}

function needRule(db: Db, scope: string, name: RuleName): { rule: Rule; tags: Tags } {
  const found = findRule(db, scope, name);
  if (found === undefined) throw ruleAbsent(name.name, name.bus);
  return found;
}

/** The same schedule put again goes on counting. */
function scheduledSince(before: Rule | undefined, rule: Rule): number | undefined {
  return before?.schedule === rule.schedule ? before?.scheduledSinceMs : rule.scheduledSinceMs;
}

function listTargets(db: Db, scope: string, { bus, name }: RuleName): Target[] {
  return db
    .prepare<{ definition: string }>(
      'SELECT definition FROM events_target WHERE scope = ? AND bus = ? AND rule = ? ORDER BY id',
    )
    .all(scope, bus, name)
    .map((row) => JSON.parse(row.definition) as Target);
}

function ruleOf(row: RuleRow): Rule {
  return {
    bus: row.bus,
    name: row.name,
    state: row.state,
    ...(row.pattern !== null && { pattern: row.pattern }),
    ...(row.schedule !== null && { schedule: row.schedule }),
    ...(row.description !== null && { description: row.description }),
    ...(row.role_arn !== null && { roleArn: row.role_arn }),
    ...(row.scheduled_ms !== null && { scheduledSinceMs: row.scheduled_ms }),
  };
}
