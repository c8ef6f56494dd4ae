/** `ResultPath`: puts a value at a place of a document, making the objects on the way. */
import { isReferencePath, parsePath, PathSyntaxError } from '#languages/jsonpath/index';
import { StateFailure } from '../failure.ts';
import type { Json, JsonObject, ReferencePath } from '../machine.ts';

/** @throws PathSyntaxError when the path may name more than one place or does not begin at the data */
export function parseReferencePath(source: string): ReferencePath {
  const path = parsePath(source);
  if (!isReferencePath(path)) throw new PathSyntaxError(`'${source.slice(0, 200)}' is not a reference path`);
  const steps = path.segments.map((segment) =>
    segment.kind === 'names'
      ? (segment.names[0] as string)
      : segment.kind === 'indexes'
        ? (segment.indexes[0] as number)
        : 0,
  );
  return { source, insert: (target, value) => insertAt(target, steps, 0, value, source) };
}

function insertAt(target: Json, steps: readonly (string | number)[], at: number, value: Json, source: string): Json {
  const step = steps[at];
  if (step === undefined) return value;
  if (typeof step === 'number') {
    if (!Array.isArray(target)) throw mismatch(source, target);
    const items = target as readonly Json[];
    const index = step < 0 ? items.length + step : step;
    const old = items[index];
    if (old === undefined) throw mismatch(source, target);
    return items.with(index, insertAt(old, steps, at + 1, value, source));
  }
  if (Array.isArray(target) || typeof target !== 'object' || target === null) throw mismatch(source, target);
  const members = target as JsonObject;
  const old = Object.hasOwn(members, step) ? members[step] : undefined;
  const inner = insertAt(old === undefined || at === steps.length - 1 ? {} : old, steps, at + 1, value, source);
  const copy = { ...members };
  setMember(copy, step, inner);
  return copy;
}

function mismatch(source: string, target: Json): StateFailure {
  return new StateFailure(
    'States.ResultPathMatchFailure',
    `Unable to apply step "${source}" to input ${JSON.stringify(target)}`,
  );
}

/** Sets a member as data, whatever its name: plain assignment to `__proto__` would change the object's prototype. */
export function setMember(object: Record<string, Json>, name: string, value: Json): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[name] = value;
  }
}
