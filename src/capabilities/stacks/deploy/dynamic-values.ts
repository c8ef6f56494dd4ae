/** The values behind `{{resolve:…}}`, from the parameter store. They go where they are needed and are never kept with a resource. */
import { type Resolved, findDynamicReferences } from '#languages/template/index';
import { type Origin, callAs } from '../origin.ts';
import type { Site } from './site.ts';

/** @returns by the text of the reference @throws whatever the parameter store answers for one that is not there */
export async function lookUpReferences(
  site: Site,
  origin: Origin,
  value: Resolved,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const { text, service, name, version } of findDynamicReferences(value)) {
    const answer = (await site.dispatcher.call(
      'ssm',
      'GetParameter',
      { Name: version === undefined ? name : `${name}:${version}`, WithDecryption: service === 'ssm-secure' },
      { ...callAs(origin), signal },
    )) as { Parameter?: { Value?: string } };
    values.set(text, answer.Parameter?.Value ?? '');
  }
  return values;
}
