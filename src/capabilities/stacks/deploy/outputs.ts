/** The last act of applying a template: outputs are worked out, exports are claimed. */
import { messageOf } from '#kernel/errors';
import { type BoundTemplate, findDynamicReferences, replaceDynamicReferences } from '#languages/template/index';
import { invalid } from '../errors.ts';
import type { Origin } from '../origin.ts';
import type { Output, Stack } from '../stack.ts';
import type { Records } from '../store.ts';
import { lookUpReferences } from './dynamic-values.ts';
import { outputsOf, surroundingsOf } from './desired-template.ts';
import type { Site } from './site.ts';

/** @returns why it is not possible; undefined when it is done */
export async function publishOutputs(
  site: Site,
  stack: Stack,
  bound: BoundTemplate,
  { origin, signal }: { origin: Origin; signal: AbortSignal },
): Promise<string | undefined> {
  try {
    const written = outputsOf(stack, bound, site.store.read).map(({ value }) => value);
    refuseSecrets(written);
    const values = await lookUpReferences(site, origin, written, signal);
    await site.store.write((records) => {
      const outputs = outputsOf(stack, bound, records).map((output) => withValues(output, values));
      const exports = outputs.flatMap(({ exportName, value }) =>
        exportName === undefined ? [] : [{ name: exportName, value }],
      );
      checkExports(records, stack, exports);
      records.replaceExports(stack.scope, stack.id, exports);
      records.replaceImports(stack.scope, stack.id, bound.imports(surroundingsOf(stack, records)));
      records.putStack({ ...(records.findStack(stack.id) ?? stack), outputs });
    });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Whether the template gives the outputs that the stack has. What dynamic references stand for is not looked up. */
export function hasSameOutputs(stack: Stack, bound: BoundTemplate, records: Records): boolean {
  const before = stack.outputs.map(({ written, ...output }) => ({ ...output, value: written ?? output.value }));
  return JSON.stringify(before) === JSON.stringify(outputsOf(stack, bound, records));
}

function withValues(output: Output, values: ReadonlyMap<string, string>): Output {
  const value = replaceDynamicReferences(output.value, values);
  return value === output.value ? output : { ...output, value, written: output.value };
}

/** @throws ValidationError */
function refuseSecrets(written: readonly string[]): void {
  const secret = findDynamicReferences([...written]).find(({ service }) => service === 'ssm-secure');
  if (secret !== undefined)
    throw invalid(`An output cannot show ${secret.text}. Secure references are for properties.`);
}

/** @throws ValidationError when a name is taken, or when an export that others import would go away or change */
function checkExports(
  records: Records,
  stack: Stack,
  exports: readonly Required<Pick<Output, 'value'> & { name: string }>[],
): void {
  const names = new Set<string>();
  for (const { name } of exports) {
    const taken = records.findExport(stack.scope, name);
    if (names.has(name) || (taken !== undefined && taken.stackId !== stack.id)) {
      const owner = taken?.stackId.split('/')[1] ?? stack.name;
      throw invalid(`Export with name ${name} is already exported by stack ${owner}. `);
    }
    names.add(name);
  }
  for (const old of records.listExports(stack.scope).filter(({ stackId }) => stackId === stack.id)) {
    const now = exports.find(({ name }) => name === old.name);
    if (now?.value === old.value) continue;
    const importers = records.listImporters(stack.scope, old.name);
    if (importers.length === 0) continue;
    const verb = now === undefined ? 'deleted' : 'updated';
    throw invalid(`Export ${old.name} cannot be ${verb} as it is in use by ${importers.join(', ')}`);
  }
}
