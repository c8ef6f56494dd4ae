/** Which other parts of the template a value speaks of: the edges of the dependency graph. */
import { splitAttribute } from './source.ts';
import { parseSub } from './text-functions.ts';
import { type Path, type Value, isMapping } from './value.ts';

export interface Reference {
  /** A logical id, or the name of a parameter. */
  readonly name: string;
  /** Present for `Fn::GetAtt` and `${Name.Attribute}`. */
  readonly attribute?: string;
  readonly path: Path;
}

/**
 * @param holds tells which branch of `Fn::If` counts; without it both do
 */
export function collectReferences(value: Value, path: Path, holds?: (condition: string) => boolean): Reference[] {
  const found: Reference[] = [];
  walk(value, path, holds, found);
  return found;
}

function walk(value: Value, path: Path, holds: ((condition: string) => boolean) | undefined, found: Reference[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (isMapping(value)) {
    const [name, ...others] = Object.keys(value);
    const argument = others.length === 0 && name !== undefined ? value[name] : undefined;
    if (name === 'Ref' && typeof argument === 'string') found.push({ name: argument, path });
    else if (name === 'Fn::GetAtt' && argument !== undefined) addAttribute(argument, path, found);
    else if (name === 'Fn::Sub' && argument !== undefined) addSub(argument, path, found);
    if (name === 'Fn::If' && holds !== undefined && Array.isArray(argument) && typeof argument[0] === 'string') {
      const branch = holds(argument[0]) ? 1 : 2;
      return walk((argument[branch] ?? null) as Value, [...path, name, branch], holds, found);
    }
  }
  for (const [name, member] of Object.entries(value)) walk(member, [...path, name], holds, found);
}

function addAttribute(argument: Value, path: Path, found: Reference[]): void {
  const parts = typeof argument === 'string' ? splitAttribute(argument) : argument;
  if (!Array.isArray(parts) || typeof parts[0] !== 'string') return;
  const attribute = parts.slice(1).every((part) => typeof part === 'string') ? parts.slice(1).join('.') : '';
  found.push({ name: parts[0], attribute, path });
}

function addSub(argument: Value, path: Path, found: Reference[]): void {
  const [text, variables] = Array.isArray(argument) ? (argument as Value[]) : [argument];
  if (typeof text !== 'string') return;
  const own = isMapping(variables) ? variables : {};
  for (const part of parseSub(text)) {
    if (part.kind === 'text' || Object.hasOwn(own, part.name)) continue;
    const [name = '', attribute] = splitAttribute(part.name);
    found.push(attribute === undefined ? { name, path } : { name, attribute, path });
  }
}
