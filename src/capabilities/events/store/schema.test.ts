import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { useTempFolder } from '#testing';
import { RuleTable } from '../rules/rule-table.ts';
import { RuleStore } from './rules.ts';
import { eventsSchema } from './schema.ts';

const scope = '000000000000/us-east-1';

test('rules of the version without buses stand on the default bus, and one that cannot be read holds nothing up', async () => {
  const file = join(useTempFolder(), 'state.sqlite');
  const before = State.open(file, [{ ...eventsSchema, steps: eventsSchema.steps.slice(0, 1) }]);
  await before.write((db) => {
    const insert = db.prepare("INSERT INTO events_rule VALUES (?, ?, 'ENABLED', ?, NULL, NULL, NULL, '{}')");
    insert.run(scope, 'sound', '{"source":["shop"]}');
    insert.run(scope, 'unsound', '{"source":[{"suffix":""}]}');
    for (const rule of ['sound', 'unsound']) {
      db.prepare("INSERT INTO events_target VALUES (?, ?, 't', 'a', ?)").run(
        scope,
        rule,
        '{"id":"t","arn":"a","recorded":{}}',
      );
    }
  });
  before.close();
  const state = State.open(file, [eventsSchema]);
  const store = new RuleStore(state);
  assert.deepEqual(
    store.listRules(scope, 'default').map(({ name }) => name),
    ['sound', 'unsound'],
  );
  const event = { source: 'shop' } as never;
  const found = new RuleTable(store, silentLog).matching(scope, 'default', event);
  assert.deepEqual(
    found.map(({ rule, targets }) => [rule.name, targets.length]),
    [['sound', 1]],
  );
  state.close();
});
