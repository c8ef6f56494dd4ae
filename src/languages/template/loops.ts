/**
 * `Fn::ForEach` of the transform `AWS::LanguageExtensions`: a member `Fn::ForEach::Name: [Identifier, Collection, Body]`
 * is replaced by one copy of the body for each value. In a copy, `${Identifier}` and `{Ref: Identifier}` are the value;
 * `&{Identifier}` is the value without signs that a logical id cannot hold.
 *
 * With the transform, functions may also name the resource of `Ref` and `Fn::GetAtt`: they are worked out here, so that
 * the graph of the template only has names.
 */
import { templateError } from './errors.ts';
import { Evaluator } from './evaluator.ts';
import type { Scope } from './scope.ts';
import { languageExtensions, transformsOf } from './template.ts';
import { type Mapping, type Path, type Value, formatPath, isMapping, isScalar } from './value.ts';

/** Limit: all loops of a template together make at most 100,000 members. */
const copiesMax = 100_000;

type Bindings = ReadonlyMap<string, string>;

/** The template without loops. @param scope for the collections: parameters and mappings, no resources */
export function expandLoops(template: Mapping, scope: Scope): Mapping {
  if (!transformsOf(template).includes(languageExtensions)) {
    refuseLoops(template, []);
    return template;
  }
  const expansion = new Expansion(new Evaluator(scope));
  return expansion.expand(template, new Map(), []) as Mapping;
}

class Expansion {
  readonly #evaluator: Evaluator;
  #copies = 0;

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator;
  }

  expand(value: Value, bindings: Bindings, path: Path): Value {
    if (typeof value === 'string') return bind(value, bindings);
    if (Array.isArray(value)) {
      return value.map((item: Value, index) => this.expand(item, bindings, [...path, index]));
    }
    if (!isMapping(value)) return value;
    const names = Object.keys(value);
    const referred = names.length === 1 && typeof value['Ref'] === 'string' ? bindings.get(value['Ref']) : undefined;
    if (referred !== undefined) return referred;
    const members: Record<string, Value> = {};
    for (const [name, member] of Object.entries(value)) {
      const additions = isLoop(name)
        ? this.#expandLoop(member, bindings, [...path, name])
        : { [bind(name, bindings)]: this.expand(member, bindings, [...path, name]) };
      for (const [key, addition] of Object.entries(additions)) {
        this.#spend(path);
        if (Object.hasOwn(members, key)) {
          throw templateError(`${name} at ${formatPath(path)} makes the key '${key}' twice.`);
        }
        members[key] = addition;
      }
    }
    return this.#named(members, path);
  }

  /** A reference whose resource is named by a function, with the name in place of the function. */
  #named(members: Mapping, path: Path): Mapping {
    const [call, ...others] = Object.keys(members);
    if (others.length > 0) return members;
    if (call === 'Ref' && isMapping(members['Ref'])) return { Ref: this.#nameOf(members['Ref'], [...path, 'Ref']) };
    const parts = members['Fn::GetAtt'];
    if (!Array.isArray(parts)) return members;
    const [resource, ...attribute] = parts as Value[];
    if (!isMapping(resource)) return members;
    return { 'Fn::GetAtt': [this.#nameOf(resource, [...path, 'Fn::GetAtt', 0]), ...attribute] };
  }

  #nameOf(call: Mapping, path: Path): string {
    const name = this.#evaluator.argument(call, path);
    if (typeof name === 'string') return name;
    throw templateError(`the name of a resource at ${formatPath(path)} must be text.`);
  }

  #expandLoop(loop: Value, bindings: Bindings, path: Path): Mapping {
    const [identifier, collection, body] = Array.isArray(loop) ? (loop as Value[]) : [];
    if (typeof identifier !== 'string' || collection === undefined || !isMapping(body)) {
      throw templateError(`${formatPath(path)} takes an identifier, a collection and a mapping.`);
    }
    const values = this.#evaluator.argument(this.expand(collection, bindings, [...path, 1]), [...path, 1]);
    if (!Array.isArray(values) || !values.every((item) => isScalar(item))) {
      throw templateError(`the collection of ${formatPath(path)} must be a list of texts.`);
    }
    const members: Record<string, Value> = {};
    for (const item of values) {
      const inner = new Map(bindings).set(identifier, String(item));
      const copy = this.expand(body, inner, [...path, 2]) as Mapping;
      for (const [key, member] of Object.entries(copy)) {
        if (Object.hasOwn(members, key)) throw templateError(`${formatPath(path)} makes the key '${key}' twice.`);
        members[key] = member;
      }
    }
    return members;
  }

  #spend(path: Path): void {
    this.#copies += 1;
    if (this.#copies > copiesMax) {
      throw templateError(`the loops of the template make more than ${copiesMax} members at ${formatPath(path)}.`);
    }
  }
}

function isLoop(name: string): boolean {
  return name.startsWith('Fn::ForEach::');
}

function bind(text: string, bindings: Bindings): string {
  if (bindings.size === 0 || !text.includes('{')) return text;
  return text.replace(/([$&])\{([^{}!]*)\}/g, (whole, sign: string, name: string) => {
    const value = bindings.get(name.trim());
    if (value === undefined) return whole;
    return sign === '&' ? value.replace(/[^A-Za-z0-9]/g, '') : value;
  });
}

function refuseLoops(value: Value, path: Path): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (isLoop(name)) {
      throw templateError(`${name} at ${formatPath(path)} needs the line 'Transform: ${languageExtensions}'.`);
    }
    refuseLoops(member, [...path, name]);
  }
}
