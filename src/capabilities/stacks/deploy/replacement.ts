/** Whether a change of properties makes a new resource, now that every value is known. */
import { recreationOf, type ResolvedMapping } from '#languages/template/index';
import type { StackResource } from '../stack.ts';
import type { Wanted } from './resource-row.ts';
import type { Site } from './site.ts';

export function replacesResource(site: Site, row: StackResource, wanted: Wanted): boolean {
  const schema = site.schemas(wanted.type);
  if (row.type !== wanted.type || schema === undefined || site.findType(wanted.type)?.update === undefined) return true;
  const before = row.properties as ResolvedMapping;
  const after = wanted.properties as ResolvedMapping;
  return Object.keys(schema.properties).some(
    (name) => recreationOf(schema, name, before[name], after[name]) === 'Always',
  );
}
