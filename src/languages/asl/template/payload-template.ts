/**
 * Payload templates of JSONPath states (`Parameters`, `ItemSelector`, `ResultSelector`, `Assign`): a member whose name ends
 * in `.$` holds a path or an intrinsic function, all else stands for itself.
 */
import { compileIntrinsic, isIntrinsic } from '../intrinsics/intrinsic.ts';
import type { Expression, Json, JsonObject, Scope } from '../machine.ts';
import { notFound } from '../paths/path-expression.ts';
import { setMember } from '../paths/reference-path-writer.ts';
import { parseSourcePath, readSourcePath } from '../paths/source-path.ts';

type Evaluation = (root: Json, scope: Scope) => Json;

export class PayloadTemplate implements Expression {
  readonly source: Json;
  readonly field: string;
  readonly isConstant: boolean;
  private readonly evaluation: Evaluation | undefined;

  /** @throws PathSyntaxError, IntrinsicSyntaxError */
  constructor(source: Json, field: string) {
    this.source = source;
    this.field = field;
    this.evaluation = compileNode(source);
    this.isConstant = this.evaluation === undefined;
  }

  evaluate(root: Json, scope: Scope): Json {
    return this.evaluation ? this.evaluation(root, scope) : this.source;
  }
}

/** One member named `name.$` by itself, as `Assign` has them. */
export class DynamicValue implements Expression {
  readonly source: string;
  readonly field: string;
  readonly isConstant = false;
  private readonly evaluation: Evaluation;

  /** @throws PathSyntaxError, IntrinsicSyntaxError */
  constructor(source: string, field: string) {
    this.source = source;
    this.field = field;
    this.evaluation = compileDynamic(source, field);
  }

  evaluate(root: Json, scope: Scope): Json {
    return this.evaluation(root, scope);
  }
}

function compileDynamic(source: string, field: string): Evaluation {
  if (isIntrinsic(source)) return compileIntrinsic(source);
  const path = parseSourcePath(source);
  const last = path.path.segments.at(-1);
  return (root, scope) => {
    const found = readSourcePath(path, root, scope);
    if (!('missing' in found)) return found.value as Json;
    // AWS gives null for a position past the end of a list that is there.
    if (last?.kind === 'indexes' && found.missing.startsWith('No results')) return null;
    throw notFound(path, field, root, scope);
  };
}

/** Undefined for a constant. */
function compileNode(node: Json): Evaluation | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  if (Array.isArray(node)) return compileList(node as readonly Json[]);
  return compileMembers(node as JsonObject);
}

function compileList(items: readonly Json[]): Evaluation | undefined {
  const evaluations = items.map(compileNode);
  if (evaluations.every((evaluation) => evaluation === undefined)) return undefined;
  return (root, scope) => items.map((item, index) => evaluations[index]?.(root, scope) ?? item);
}

function compileMembers(members: JsonObject): Evaluation | undefined {
  let isConstant = true;
  const parts = Object.entries(members).map(([name, value]) => {
    const isDynamic = name.endsWith('.$') && typeof value === 'string';
    const evaluate = isDynamic ? compileDynamic(value, name) : compileNode(value);
    if (evaluate) isConstant = false;
    return { name: isDynamic ? name.slice(0, -2) : name, value, evaluate };
  });
  if (isConstant) return undefined;
  return (root, scope) => {
    const result: Record<string, Json> = {};
    for (const { name, value, evaluate } of parts) setMember(result, name, evaluate ? evaluate(root, scope) : value);
    return result;
  };
}
