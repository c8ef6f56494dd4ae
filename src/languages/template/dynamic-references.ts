/**
 * `{{resolve:ssm:name:version}}` in a value: found here, looked up by whoever may call the parameter store.
 *
 * Differs from AWS: a reference without a version is looked up when its resource is made or changed; that the parameter has
 * a new value is no change by itself.
 */
import { validationError } from './errors.ts';
import { type Resolved, mapStrings } from './value.ts';

export interface DynamicReference {
  /** As it stands in the text, braces included. */
  readonly text: string;
  readonly service: 'ssm' | 'ssm-secure';
  readonly name: string;
  /** Absent: the newest. */
  readonly version?: string;
}

const pattern = /\{\{resolve:([a-z-]+):([^{}]*)\}\}/g;

/** @throws ValidationError for a service that cannot be looked up, by name */
export function findDynamicReferences(value: Resolved): DynamicReference[] {
  const found = new Map<string, DynamicReference>();
  mapStrings(value, (text) => {
    for (const match of text.matchAll(pattern)) found.set(match[0], parseReference(match[0], match[1], match[2]));
    return text;
  });
  return [...found.values()];
}

function parseReference(text: string, service = '', body = ''): DynamicReference {
  if (service !== 'ssm' && service !== 'ssm-secure') {
    throw validationError(`Dynamic reference ${text}: '${service}' is not supported. Use ssm or ssm-secure.`);
  }
  const match = /^([A-Za-z0-9_./-]+)(?::(\d+))?$/.exec(body);
  if (match === null)
    throw validationError(`Invalid dynamic reference ${text}: it is {{resolve:${service}:name:version}}.`);
  const [, name = '', version] = match;
  return { text, service, name, ...(version !== undefined && { version }) };
}

/** @param values by the text of the reference */
export function replaceDynamicReferences<T extends Resolved>(value: T, values: ReadonlyMap<string, string>): T {
  if (values.size === 0) return value;
  return mapStrings<Resolved>(value, (text) => text.replace(pattern, (whole) => values.get(whole) ?? whole)) as T;
}
