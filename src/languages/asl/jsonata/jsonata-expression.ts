/** The fields of a JSONata state: texts within `{% %}` are expressions, at any depth; all else stands for itself. */
import { StateFailure } from '../failure.ts';
import type { Expression, Json, JsonObject, Scope } from '../machine.ts';
import { setMember } from '../paths/reference-path-writer.ts';
import { extraFunctions } from './extra-functions.ts';
import { toJson } from './json-result.ts';
import { compileJsonata, loadJsonata, type CompiledJsonata, type JsonataLibrary } from './library.ts';
import { variablesIn } from './syntax-tree.ts';

/** The expression within `{% %}`, undefined for any other value. */
export function expressionIn(value: Json): string | undefined {
  if (typeof value !== 'string' || !value.startsWith('{%') || !value.endsWith('%}') || value.length < 4)
    return undefined;
  return value.slice(2, -2).trim();
}

export class JsonataExpression implements Expression {
  readonly source: Json;
  readonly field: string;
  readonly isConstant: boolean;
  private readonly root: Node | undefined;

  /** @param library when it is loaded already; else the first evaluation loads it */
  constructor(source: Json, field: string, library?: JsonataLibrary) {
    this.source = source;
    this.field = field;
    this.root = compileNode(source, field, library);
    this.isConstant = this.root === undefined;
  }

  evaluate(_: Json, scope: Scope): Json | Promise<Json> {
    return this.root ? this.root.evaluate(scope) : this.source;
  }
}

interface Node {
  evaluate(scope: Scope): Promise<Json>;
}

function compileNode(value: Json, field: string, library: JsonataLibrary | undefined): Node | undefined {
  const text = expressionIn(value);
  if (text !== undefined) return new Leaf(text, field, library);
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    const nodes = items.map((item, index) => compileNode(item, `${field}[${index}]`, library));
    if (nodes.every((node) => node === undefined)) return undefined;
    return { evaluate: (scope) => evaluateList(items, nodes, scope) };
  }
  const parts = Object.entries(value as JsonObject).map(([name, inner]) => ({
    name,
    value: inner,
    node: compileNode(inner, `${field}/${name}`, library),
  }));
  if (parts.every(({ node }) => node === undefined)) return undefined;
  return { evaluate: (scope) => evaluateMembers(parts, scope) };
}

async function evaluateList(items: readonly Json[], nodes: readonly (Node | undefined)[], scope: Scope): Promise<Json> {
  const result: Json[] = [];
  for (const [index, item] of items.entries()) result.push((await nodes[index]?.evaluate(scope)) ?? item);
  return result;
}

async function evaluateMembers(
  parts: readonly { name: string; value: Json; node: Node | undefined }[],
  scope: Scope,
): Promise<Json> {
  const result: Record<string, Json> = {};
  for (const { name, value, node } of parts) setMember(result, name, node ? await node.evaluate(scope) : value);
  return result;
}

class Leaf implements Node {
  private readonly text: string;
  private readonly field: string;
  private compiled: CompiledJsonata | undefined;
  private variables: readonly string[] = [];

  constructor(text: string, field: string, library: JsonataLibrary | undefined) {
    this.text = text;
    this.field = field;
    if (library) this.compile(library);
  }

  private compile(library: JsonataLibrary): CompiledJsonata {
    this.compiled = compileJsonata(library, this.text);
    this.variables = variablesIn(this.compiled.ast);
    return this.compiled;
  }

  async evaluate(scope: Scope): Promise<Json> {
    let value: Json | undefined;
    try {
      const compiled = this.compiled ?? this.compile(await loadJsonata());
      value = toJson(await compiled.run(this.bindings(scope)));
    } catch (error) {
      throw this.failure(`threw an error during evaluation. ${describeError(error)}`);
    }
    if (value === undefined) throw this.failure('returned nothing (undefined).');
    return value;
  }

  private bindings(scope: Scope): Record<string, unknown> {
    const bindings: Record<string, unknown> = { ...extraFunctions(scope) };
    for (const name of this.variables) {
      const value = scope.variable(name);
      if (value !== undefined) bindings[name] = value;
    }
    bindings.states = statesOf(scope);
    return bindings;
  }

  private failure(what: string): StateFailure {
    const cause = `The JSONata expression '${this.text}' specified for the field '${this.field}' ${what}`;
    return new StateFailure('States.QueryEvaluationError', cause, this.field);
  }
}

function statesOf({ input, context, result, errorOutput }: Scope): JsonObject {
  return {
    input,
    context,
    ...(result !== undefined && { result }),
    ...(errorOutput !== undefined && { errorOutput }),
  };
}

function describeError(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code === undefined ? (message ?? String(error)) : `${code}: ${message ?? ''}`;
}
