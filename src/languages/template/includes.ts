/**
 * The transform `AWS::Include`: `Fn::Transform: { Name: AWS::Include, Parameters: { Location: s3://bucket/key } }` is
 * replaced by the members of the snippet at that place. Which places is found here; whoever may read them brings the text.
 */
import { templateError } from './errors.ts';
import { Evaluator } from './evaluator.ts';
import type { Scope } from './scope.ts';
import { parseSource } from './source.ts';
import { type Mapping, type Path, type Value, formatPath, formatValue, isMapping } from './value.ts';

export const includeTransform = 'AWS::Include';

/** Texts by their location. */
export type Included = ReadonlyMap<string, string>;

/** Where the snippets lie, each once. @throws ValidationError when a location depends on more than parameters */
export function includeLocations(template: Mapping, scope: Scope): string[] {
  const found = new Set<string>();
  walk(template, scope, [], (location) => {
    found.add(location);
    return {};
  });
  return [...found];
}

/** @throws ValidationError when a snippet is malformed, or includes another */
export function expandIncludes(template: Mapping, scope: Scope, included: Included): Mapping {
  return walk(template, scope, [], (location) => {
    const text = included.get(location);
    if (text === undefined) throw templateError(`the snippet ${location} of ${includeTransform} was not read.`);
    const { value } = parseSource(text);
    if (!isMapping(value)) throw templateError(`the snippet ${location} of ${includeTransform} must be a mapping.`);
    refuseNested(value, location);
    return value;
  }) as Mapping;
}

function walk(value: Value, scope: Scope, path: Path, read: (location: string) => Mapping): Value {
  if (Array.isArray(value)) return value.map((item: Value, index) => walk(item, scope, [...path, index], read));
  if (!isMapping(value)) return value;
  const members: Record<string, Value> = {};
  for (const [name, member] of Object.entries(value)) {
    const isCall = name === 'Fn::Transform' || (path.length === 0 && name === 'Transform');
    const locations = isCall ? locationsOf(member, scope, [...path, name]) : [];
    for (const location of locations) {
      for (const [key, addition] of Object.entries(read(location))) {
        // What stands in the template goes before what is included.
        if (!Object.hasOwn(value, key)) members[key] = mergeSection(members[key], addition);
        else members[key] = mergeSection(addition, walk(value[key] ?? null, scope, [...path, key], read));
      }
    }
    if (name === 'Fn::Transform') continue;
    members[name] = mergeSection(members[name], walk(member, scope, [...path, name], read));
  }
  return members;
}

function mergeSection(before: Value | undefined, after: Value): Value {
  return isMapping(before) && isMapping(after) ? { ...before, ...after } : after;
}

/** @throws ValidationError for a transform that is not known */
function locationsOf(call: Value, scope: Scope, path: Path): string[] {
  const isSection = path.length === 1 && path[0] === 'Transform';
  const calls = Array.isArray(call) ? (call as Value[]) : [call];
  return calls.flatMap((one) => {
    const name = isMapping(one) ? one['Name'] : undefined;
    // The transforms of a whole template are checked where its sections are.
    if (isSection && name !== includeTransform) return [];
    if (name !== includeTransform) throw templateError(`No transform named ${formatValue(name)} found.`);
    const parameters = (one as Mapping)['Parameters'];
    const location = isMapping(parameters) ? parameters['Location'] : undefined;
    const place = new Evaluator(scope).argument(location, path);
    if (typeof place === 'string') return [place];
    throw templateError(`the Location of ${includeTransform} at ${formatPath(path)} must be text.`);
  });
}

function refuseNested(value: Value, location: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === 'Fn::Transform')
      throw templateError(`the snippet ${location} includes another, which is not allowed.`);
    refuseNested(member, location);
  }
}
