/** What a target gets: the event, a part of it, a constant, or a text made from parts of it. */
import { validation } from '../errors.ts';
import type { EventEnvelope } from '../event.ts';
import type { Target } from './target.ts';

/** What a template may name beside the variables of its own. */
export interface InputSource {
  readonly ruleArn: string;
  readonly ruleName: string;
  /** When the platform took the event in. */
  readonly ingestedAt: Date;
}

// Limit: a transformer has at most 100 variables.
const variablesMax = 100;
// Limit: the input that a transformer makes has at most 1,048,576 characters.
const charactersMax = 1_048_576;

/** @returns JSON text, or the text of a template */
export function targetInput(target: Target, event: EventEnvelope, source: InputSource): string {
  if (target.input !== undefined) return target.input;
  if (target.inputPath !== undefined) return JSON.stringify(valueAt(event, parsePath(target.inputPath)) ?? null);
  if (target.transformer === undefined) return JSON.stringify(event);
  const values = new Map<string, unknown>();
  for (const [name, path] of Object.entries(target.transformer.paths))
    values.set(name, valueAt(event, parsePath(path)));
  values.set('aws.events.rule-arn', source.ruleArn);
  values.set('aws.events.rule-name', source.ruleName);
  values.set('aws.events.event.ingestion-time', source.ingestedAt.toISOString());
  values.set('aws.events.event', { ...event, detail: undefined });
  values.set('aws.events.event.json', event);
  return fill(target.transformer.template, values);
}

/** @throws ValidationException saying what is wrong with the way the target makes its input */
export function checkInput(target: Target): void {
  const { id, input, inputPath, transformer } = target;
  if ([input, inputPath, transformer].filter((way) => way !== undefined).length > 1) {
    throw validation(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  }
  if (input !== undefined && !isJson(input)) throw validation(`JSON syntax error in input for target ${id}.`);
  if (inputPath !== undefined) parsePath(inputPath);
  if (transformer === undefined) return;
  const paths = Object.entries(transformer.paths);
  if (paths.length > variablesMax) throw validation(`Target ${id} has more than ${variablesMax} variables.`);
  for (const [name, path] of paths) {
    if (name.startsWith('AWS')) {
      throw validation(`Invalid InputPathsMap for target ${id}: the name '${name}' is reserved.`);
    }
    parsePath(path);
  }
  const isObject = /^\s*\{/.test(transformer.template);
  if (isObject && !isJson(fill(transformer.template, new Map()))) {
    throw validation(
      `Invalid InputTemplate for target ${id} : it is not valid JSON once its variables have values. Quote text, and leave variables outside of quotes for values of any type.`,
    );
  }
}

type Path = readonly (string | number | typeof everyItem)[];
const everyItem = Symbol('*');

/** Reads `$.detail.name[0]`, `$['a b']` and `$.list[*].id`. @throws ValidationException for other forms of JSONPath */
function parsePath(path: string): Path {
  const form = /\.([\w/-]+)|\[(\d+)\]|(\[\*\]|\.\*)|\['([^']+)'\]|\["([^"]+)"\]/y;
  const steps: (string | number | typeof everyItem)[] = [];
  let at = path.startsWith('$') ? 1 : -1;
  while (at >= 0 && at < path.length) {
    form.lastIndex = at;
    const match = form.exec(path);
    if (match === null) at = -1;
    else {
      const [, name, index, every, quoted, doubleQuoted] = match;
      steps.push(
        every !== undefined ? everyItem : index === undefined ? (name ?? quoted ?? doubleQuoted ?? '') : +index,
      );
      at = form.lastIndex;
    }
  }
  if (at >= 0) return steps;
  throw validation(`Invalid JsonPath '${path}'. Write it as $.detail.name, $.detail.list[0] or $.detail.list[*].`);
}

function valueAt(value: unknown, [step, ...rest]: Path): unknown {
  if (step === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (step === everyItem) {
    return Object.values(value)
      .map((item) => valueAt(item, rest))
      .filter((item) => item !== undefined);
  }
  return Object.hasOwn(value, step) ? valueAt((value as Record<string | number, unknown>)[step], rest) : undefined;
}

// Differs from AWS: a value inside of quotes is escaped there, so that the result is JSON whatever the event holds.
/**
 * Puts values where `<name>` stands: as text inside of quotes, as JSON outside. A JSON object comes out without
 * white space, as from EventBridge; a variable whose path leads nowhere leaves an empty text.
 * @throws ValidationException before it grows beyond what a target takes: a variable may stand there many times
 */
function fill(template: string, values: ReadonlyMap<string, unknown>): string {
  const isObject = /^\s*\{/.test(template);
  let quoted = false;
  let charactersLeft = charactersMax - template.length;
  const counted = (text: string): string => {
    charactersLeft -= text.length;
    if (charactersLeft >= 0) return text;
    throw validation(`The input made by the transformer has more than ${charactersMax} characters.`);
  };
  return template.replace(/\\.|"|\s+|<([\w.-]+)>/gs, (whole, name: string | undefined) => {
    if (whole === '"') quoted = !quoted;
    if (/^\s/.test(whole)) return isObject && !quoted ? '' : whole;
    if (name === undefined) return whole;
    const value = values.get(name) === undefined ? '' : values.get(name);
    if (!quoted) return counted(typeof value === 'string' && !isObject ? value : JSON.stringify(value));
    if (typeof value === 'string') return counted(JSON.stringify(value).slice(1, -1));
    return counted(JSON.stringify(value).replaceAll('"', ''));
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A value that an event gives where the text is a path into it (`$.detail.id`), else the text itself. */
export function textAt(text: string, event: EventEnvelope): string {
  if (!text.startsWith('$.')) return text;
  const value = valueAt(event, parsePath(text));
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}
