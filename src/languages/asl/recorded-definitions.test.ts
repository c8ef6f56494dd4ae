/** Definitions whose fate AWS has recorded: what it accepted compiles, what it refused is refused in its words. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import JSON5 from 'json5';
import { line } from './asl.fixture.ts';
import { checkMachine, checkState } from './compile.ts';

const folder = '../shared/asl-conformance';
const base = 'tests/aws/services/stepfunctions';

interface Definition {
  readonly t: string;
  readonly text?: string;
  readonly at?: readonly (string | number)[];
  readonly p?: readonly (readonly [readonly (string | number)[], string | null])[];
}

interface Step {
  readonly op?: string;
  readonly a?: {
    readonly definition?: Definition | string;
    readonly type?: 'EXPRESS';
    readonly stateName?: string;
    readonly state_name?: string;
  };
  readonly m?: string;
  readonly v?: unknown;
}

interface Scenario {
  readonly id: string;
  readonly steps: readonly Step[];
}

type Node = Record<string | number, unknown>;

/** A template with the changes that the recorded test makes to it; the changes are JSON texts. */
function definitionText(definition: Definition | string): string {
  if (typeof definition === 'string') return definition;
  if (definition.text !== undefined) return definition.text;
  let value: unknown = JSON5.parse(readFileSync(join(folder, 'corpus', base, definition.t), 'utf8'));
  for (const step of definition.at ?? []) value = (value as Node)[step];
  const texts: string[] = [];
  for (const [path, text] of definition.p ?? []) {
    const mark = text === null ? undefined : `@@${texts.push(text) - 1}@@`;
    const last = path.at(-1);
    if (last === undefined) value = mark;
    else (path.slice(0, -1).reduce((node, step) => (node as Node)[step], value) as Node)[last] = mark;
  }
  return JSON.stringify(value).replace(/"@@(\d+)@@"/g, (_, index: string) => texts[Number(index)] ?? '');
}

function recordedOf({ id }: Scenario): Record<string, unknown> {
  const file = (id.split('::')[0] ?? '').replace(/\.py$/, '.snapshot.json');
  const all = JSON.parse(readFileSync(join(folder, 'corpus', base, file), 'utf8')) as Record<string, Node>;
  return all[`${base}/${id}`]?.['recorded-content'] as Record<string, unknown>;
}

test('what AWS accepted compiles, what it refused is refused', async (context) => {
  if (!existsSync(folder)) return context.skip(`${folder} is not there`);
  const lines = readFileSync(join(folder, 'asl-conformance.map.jsonl'), 'utf8').trim().split('\n').slice(1);
  const counts = { accepted: 0, refused: 0, refusedInTheSameWords: 0 };
  for (const scenario of lines.map((text) => JSON.parse(text) as Scenario)) {
    const recorded = recordedOf(scenario);
    for (const [index, { op, a }] of scenario.steps.entries()) {
      if (a?.definition === undefined || a.definition === null) continue;
      const text = definitionText(a.definition).replace(
        /⟦[^⟧]*activityArn⟧/g,
        'arn:aws:states:us-east-1:000000000000:activity:a',
      );
      const check =
        op === 'test_state' && a.stateName === undefined && a.state_name === undefined ? checkState : checkMachine;
      const { diagnostics } = await check(text, { type: a.type ?? 'STANDARD' });
      const errors = diagnostics.filter(({ severity }) => severity === 'ERROR');
      const answers = scenario.steps.filter(({ v }) =>
        new RegExp(`"⟦ref⟧":${index}\\b|⟦${index}\\.`).test(JSON.stringify(v) ?? ''),
      );
      const answer = JSON.stringify(answers.map(({ m }) => recorded[m ?? '']));
      if (!/InvalidDefinition|"result":"FAIL"/.test(answer)) {
        assert.deepEqual(errors, [], scenario.id);
        counts.accepted++;
        continue;
      }
      assert.notDeepEqual(errors, [], scenario.id);
      counts.refused++;
      const said = errors.every(
        (error) =>
          answer.includes(quoted(line(error))) || answer.includes(`"message":${JSON.stringify(error.message)}`),
      );
      // The recorded texts of bad labels are an exception of the recorder's own parser, not words of AWS.
      if (said) counts.refusedInTheSameWords++;
      else assert.match(answer, /Error=ValueError/, `${scenario.id}: ${errors.map(line).join()}`);
    }
  }
  context.diagnostic(JSON.stringify(counts));
});

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
