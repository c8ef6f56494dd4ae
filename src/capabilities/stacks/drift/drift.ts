/** Drift: where a live resource differs from what its template said. */
import { canonicalText, isMapping, type Resolved } from '#languages/template/index';
import type { Properties } from '../stack.ts';

export interface PropertyDifference {
  /** `/Tags/0/Value` */
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
  readonly kind: 'NOT_EQUAL' | 'REMOVE';
}

export interface ResourceDrift {
  readonly stackId: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: 'IN_SYNC' | 'MODIFIED' | 'DELETED' | 'NOT_CHECKED';
  readonly expected: Properties;
  readonly actual?: Properties;
  readonly differences: readonly PropertyDifference[];
  readonly checkedMs: number;
}

export interface DriftDetection {
  readonly id: string;
  readonly stackId: string;
  readonly status: 'DETECTION_IN_PROGRESS' | 'DETECTION_COMPLETE' | 'DETECTION_FAILED';
  readonly statusReason?: string;
  readonly drift?: 'DRIFTED' | 'IN_SYNC';
  readonly driftedCount?: number;
  readonly startedMs: number;
}

/** Only what the template said is compared: what a service adds on its own is no drift. */
export function compareProperties(expected: Properties, actual: Properties): PropertyDifference[] {
  const differences: PropertyDifference[] = [];
  compare(expected as Resolved, actual as Resolved, '', differences);
  return differences;
}

interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** The live properties without the tags that the stack gave, and with tags in the order of the template: they have none. */
export function withoutStackTags(
  expected: Properties,
  actual: Properties,
  { property, form }: { readonly property: string; readonly form: 'list' | 'map' },
  stackTags: Readonly<Record<string, string>>,
): Properties {
  const live = actual[property];
  const said = expected[property];
  if (live === undefined || said === undefined) return actual;
  const saidKeys = form === 'list' ? (said as Tag[]).map(({ Key }) => Key) : Object.keys(said as object);
  const isOwn = (key: string): boolean => saidKeys.includes(key) || !Object.hasOwn(stackTags, key);
  if (form === 'map') {
    const own = Object.entries(live as Readonly<Record<string, string>>).filter(([key]) => isOwn(key));
    return { ...actual, [property]: Object.fromEntries(own) };
  }
  const place = ({ Key }: Tag): number => (saidKeys.indexOf(Key) + saidKeys.length + 1) % (saidKeys.length + 1);
  const own = (live as Tag[]).filter(({ Key }) => isOwn(Key));
  return { ...actual, [property]: own.toSorted((a, b) => place(a) - place(b)) };
}

function compare(expected: Resolved, actual: Resolved | undefined, path: string, found: PropertyDifference[]): void {
  if (actual === undefined) {
    found.push({ path, expected: textOf(expected), actual: '', kind: 'REMOVE' });
  } else if (isMapping(expected) && isMapping(actual)) {
    for (const [name, member] of Object.entries(expected)) {
      compare(member, Object.hasOwn(actual, name) ? actual[name] : undefined, `${path}/${name}`, found);
    }
  } else if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    for (const [index, item] of (expected as Resolved[]).entries()) {
      compare(item, (actual as Resolved[])[index], `${path}/${index}`, found);
    }
  } else if (textOf(expected) !== textOf(actual)) {
    found.push({ path, expected: textOf(expected), actual: textOf(actual), kind: 'NOT_EQUAL' });
  }
}

function textOf(value: Resolved): string {
  return typeof value === 'object' ? canonicalText(value) : String(value);
}
