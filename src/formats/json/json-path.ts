/**
 * The part of JSONPath that Glue's JSON classifiers know: `$`, `.name`, `['name']`, `[0]`, `[0,2]`, `[*]` and `.*`.
 * It says which parts of a document are rows.
 */
import { badDefinition } from '../errors.ts';
import type { JsonValue } from './value.ts';
import { JsonNumber } from './value.ts';

type Step = { readonly keys: readonly string[] } | { readonly indexes: readonly number[] } | { readonly isAll: true };

export interface JsonPath {
  readonly text: string;
  readonly steps: readonly Step[];
}

const stepPattern =
  /\.\s*(?<name>[^\s.[\]*'"]+)|\.(?<dotAll>\*)|\[\s*(?<all>\*)\s*\]|\[\s*(?<indexes>\d{1,9}(?:\s*,\s*\d{1,9})*)\s*\]|\[\s*(?<keys>(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:\s*,\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*)\s*\]/y;

/** @throws InvalidInputException naming the position */
export function parseJsonPath(text: string): JsonPath {
  const path = text.trim();
  if (!path.startsWith('$')) throw badDefinition('JSON path', text, 'it must begin with $');
  if (path.length > 1000)
    throw badDefinition('JSON path', `${text.slice(0, 40)}…`, 'it is longer than 1,000 characters');
  const steps: Step[] = [];
  let at = 1;
  while (at < path.length) {
    stepPattern.lastIndex = at;
    const groups = stepPattern.exec(path)?.groups;
    if (groups === undefined)
      throw badDefinition('JSON path', text, `'${path.slice(at, at + 20)}' at position ${at + 1} is no step`);
    at = stepPattern.lastIndex;
    steps.push(stepOf(groups));
  }
  return { text: path, steps };
}

function stepOf(groups: Record<string, string | undefined>): Step {
  if (groups['name'] !== undefined) return { keys: [groups['name']] };
  if (groups['indexes'] !== undefined) return { indexes: groups['indexes'].split(',').map(Number) };
  const quoted = groups['keys']?.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g);
  if (quoted === undefined || quoted === null) return { isAll: true };
  return { keys: quoted.map((key) => key.slice(1, -1).replace(/\\(.)/g, '$1')) };
}

/**
 * The rows of one document.
 * @param isElement the document is an element of the outermost array, so a leading `[*]` was taken already
 */
export function selectRows(document: JsonValue, path: JsonPath | undefined, isElement: boolean): JsonValue[] {
  if (path === undefined) return [document];
  const [first, ...others] = path.steps;
  const steps = isElement && first !== undefined && 'isAll' in first ? others : path.steps;
  let values: JsonValue[] = [document];
  for (const step of steps) values = values.flatMap((value) => select(value, step));
  return values;
}

function select(value: JsonValue, step: Step): JsonValue[] {
  if (value === null || typeof value !== 'object' || value instanceof JsonNumber) return [];
  if (Array.isArray(value)) {
    if ('isAll' in step) return value;
    return 'indexes' in step
      ? step.indexes.flatMap((index) => (index < value.length ? [value[index] as JsonValue] : []))
      : [];
  }
  if ('isAll' in step) return Object.values(value);
  return 'keys' in step ? step.keys.flatMap((key) => (Object.hasOwn(value, key) ? [value[key] as JsonValue] : [])) : [];
}
