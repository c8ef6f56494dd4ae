/** What a target gets: the event, a part of it, a constant, or a text made from parts of it. */
import { validation } from './errors.ts';
import type { EventEnvelope } from './event.ts';
import type { Rule, Target } from './rule.ts';

/**
 * @param ingestedAt when the platform took the event in
 * @returns JSON text, or the plain text of a template
 */
export function targetInput(
  target: Target,
  rule: Rule,
  ruleArn: string,
  event: EventEnvelope,
  ingestedAt: Date,
): string {
  if (target.input !== undefined) return target.input;
  if (target.inputPath !== undefined) return JSON.stringify(valueAt(event, parsePath(target.inputPath)) ?? null);
  if (target.transformer === undefined) return JSON.stringify(event);
  const values = new Map<string, unknown>([
    ['aws.events.rule-arn', ruleArn],
    ['aws.events.rule-name', rule.name],
    ['aws.events.event.ingestion-time', ingestedAt.toISOString()],
    ['aws.events.event', { ...event, detail: undefined }],
    ['aws.events.event.json', event],
  ]);
  for (const [name, path] of Object.entries(target.transformer.paths))
    values.set(name, valueAt(event, parsePath(path)));
  return fill(target.transformer.template, values);
}

type Path = readonly (string | number)[];

/** Reads `$.detail.name[0]` and `$['a b']`. @throws ValidationException for other forms of JSONPath */
export function parsePath(path: string): Path {
  const form = /\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\]/y;
  const steps: (string | number)[] = [];
  let at = path.startsWith('$') ? 1 : -1;
  while (at >= 0 && at < path.length) {
    form.lastIndex = at;
    const match = form.exec(path);
    if (match === null) at = -1;
    else {
      steps.push(match[2] === undefined ? (match[1] ?? match[3] ?? match[4] ?? '') : Number(match[2]));
      at = form.lastIndex;
    }
  }
  if (at >= 0) return steps;
  throw validation(`'${path}' is not a path that is served. Write it as $.detail.name or $.detail.list[0].`);
}

function valueAt(event: object, path: Path): unknown {
  let value: unknown = event;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** Puts values where `<name>` stands: as text inside of quotes, as JSON outside. */
function fill(template: string, values: ReadonlyMap<string, unknown>): string {
  let quoted = false;
  return template.replace(/\\.|"|<([\w.-]+)>/gs, (whole, name: string | undefined) => {
    if (whole === '"') quoted = !quoted;
    if (name === undefined || !values.has(name)) return whole;
    const value = values.get(name);
    if (!quoted) return JSON.stringify(value ?? null);
    const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}
