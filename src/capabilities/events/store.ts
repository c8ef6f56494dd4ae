import type { Db, Schema, State } from '#kernel/state';
import { limitExceeded, ruleAbsent, validation } from './errors.ts';
import type { Rule, RuleState, Target } from './rule.ts';

export const eventsSchema: Schema = {
  part: 'events',
  steps: [
    `CREATE TABLE events_rule (
       scope TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, pattern TEXT, schedule TEXT, description TEXT,
       role_arn TEXT, tags TEXT NOT NULL, PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE events_target (
       scope TEXT NOT NULL, rule TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL, definition TEXT NOT NULL,
       PRIMARY KEY (scope, rule, id)) STRICT, WITHOUT ROWID;
     CREATE INDEX events_target_by_arn ON events_target (scope, arn);`,
  ],
};

interface RuleRow {
  scope: string;
  name: string;
  state: RuleState;
  pattern: string | null;
  schedule: string | null;
  description: string | null;
  role_arn: string | null;
  tags: string;
}

type Tags = Readonly<Record<string, string>>;

// Limit: 300 rules in a region and 5 targets on a rule, as in AWS.
const rulesMax = 300;
const targetsMax = 5;

export class RuleStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  findRule(scope: string, name: string): Rule | undefined {
    return findRule(this.#state.reader, scope, name)?.rule;
  }

  /** Rules in order of their names. */
  listRules(scope: string): Rule[] {
    return this.#state.reader
      .prepare<RuleRow>('SELECT * FROM events_rule WHERE scope = ? ORDER BY name')
      .all(scope)
      .map(ruleOf);
  }

  /** Every rule that is switched on and has a schedule. */
  listScheduled(): { scope: string; rule: Rule }[] {
    return this.#state.reader
      .prepare<RuleRow>("SELECT * FROM events_rule WHERE state = 'ENABLED' AND schedule IS NOT NULL")
      .all()
      .map((row) => ({ scope: row.scope, rule: ruleOf(row) }));
  }

  /** Creates or replaces. Targets stay; tags are set on creation only. */
  putRule(scope: string, rule: Rule, tags: Tags): Promise<void> {
    return this.#state.write((db) => {
      const before = findRule(db, scope, rule.name);
      const { count } = db
        .prepare<{ count: number }>('SELECT count(*) AS count FROM events_rule WHERE scope = ?')
        .get(scope) ?? { count: 0 };
      if (before === undefined && count >= rulesMax) {
        throw limitExceeded(`There are ${count} rules already; ${rulesMax} is the most on a bus.`);
      }
      db.prepare('INSERT OR REPLACE INTO events_rule VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
        scope,
        rule.name,
        rule.state,
        rule.pattern ?? null,
        rule.schedule ?? null,
        rule.description ?? null,
        rule.roleArn ?? null,
        JSON.stringify(before?.tags ?? tags),
      );
    });
  }

  setState(scope: string, name: string, state: RuleState): Promise<Rule> {
    return this.#state.write((db) => {
      const { rule } = needRule(db, scope, name);
      db.prepare('UPDATE events_rule SET state = ? WHERE scope = ? AND name = ?').run(state, scope, name);
      return { ...rule, state };
    });
  }

  /** Deleting what is not there is no error. @throws ValidationException while the rule has targets */
  deleteRule(scope: string, name: string): Promise<void> {
    return this.#state.write((db) => {
      if (listTargets(db, scope, name).length > 0) {
        throw validation(`Rule can't be deleted since it has targets. Remove the targets of ${name} first.`);
      }
      db.prepare('DELETE FROM events_rule WHERE scope = ? AND name = ?').run(scope, name);
    });
  }

  /** Targets in order of their ids. */
  listTargets(scope: string, rule: string): Target[] {
    return listTargets(this.#state.reader, scope, rule);
  }

  putTargets(scope: string, rule: string, targets: readonly Target[]): Promise<void> {
    return this.#state.write((db) => {
      needRule(db, scope, rule);
      for (const target of targets) {
        db.prepare('INSERT OR REPLACE INTO events_target VALUES (?, ?, ?, ?, ?)').run(
          scope,
          rule,
          target.id,
          target.arn,
          JSON.stringify(target),
        );
      }
      const count = listTargets(db, scope, rule).length;
      if (count > targetsMax)
        throw limitExceeded(`Rule ${rule} would have ${count} targets; ${targetsMax} is the most.`);
    });
  }

  /** @returns the ids that were not there */
  removeTargets(scope: string, rule: string, ids: readonly string[]): Promise<string[]> {
    return this.#state.write((db) => {
      needRule(db, scope, rule);
      const statement = db.prepare('DELETE FROM events_target WHERE scope = ? AND rule = ? AND id = ?');
      return ids.filter((id) => Number(statement.run(scope, rule, id).changes) === 0);
    });
  }

  /** Names of the rules that send to an ARN, in order. */
  listRuleNamesByTarget(scope: string, arn: string): string[] {
    return this.#state.reader
      .prepare<{ rule: string }>('SELECT DISTINCT rule FROM events_target WHERE scope = ? AND arn = ? ORDER BY rule')
      .all(scope, arn)
      .map((row) => row.rule);
  }

  getTags(scope: string, rule: string): Tags {
    return needRule(this.#state.reader, scope, rule).tags;
  }

  changeTags(scope: string, rule: string, change: (tags: Tags) => Tags): Promise<void> {
    return this.#state.write((db) => {
      const tags = change(needRule(db, scope, rule).tags);
      db.prepare('UPDATE events_rule SET tags = ? WHERE scope = ? AND name = ?').run(JSON.stringify(tags), scope, rule);
    });
  }
}

function findRule(db: Db, scope: string, name: string): { rule: Rule; tags: Tags } | undefined {
  const row = db.prepare<RuleRow>('SELECT * FROM events_rule WHERE scope = ? AND name = ?').get(scope, name);
  return row === undefined ? undefined : { rule: ruleOf(row), tags: JSON.parse(row.tags) as Tags };
}

function needRule(db: Db, scope: string, name: string): { rule: Rule; tags: Tags } {
  const found = findRule(db, scope, name);
  if (found === undefined) throw ruleAbsent(name);
  return found;
}

function listTargets(db: Db, scope: string, rule: string): Target[] {
  return db
    .prepare<{ definition: string }>('SELECT definition FROM events_target WHERE scope = ? AND rule = ? ORDER BY id')
    .all(scope, rule)
    .map((row) => JSON.parse(row.definition) as Target);
}

function ruleOf(row: RuleRow): Rule {
  return {
    name: row.name,
    state: row.state,
    ...(row.pattern !== null && { pattern: row.pattern }),
    ...(row.schedule !== null && { schedule: row.schedule }),
    ...(row.description !== null && { description: row.description }),
    ...(row.role_arn !== null && { roleArn: row.role_arn }),
  };
}
