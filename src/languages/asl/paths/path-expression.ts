/** The fields of a JSONPath state whose value is one path: `InputPath`, `ItemsPath`, `SecondsPath`, `ErrorPath` … */
import { StateFailure } from '../failure.ts';
import type { Expression, Json, Scope } from '../machine.ts';
import { originText, parseSourcePath, readSourcePath, type SourcePath } from './source-path.ts';

export class PathExpression implements Expression {
  readonly source: string;
  readonly field: string;
  readonly isConstant = false;
  private readonly path: SourcePath;

  /** @throws PathSyntaxError */
  constructor(source: string, field: string) {
    this.source = source;
    this.field = field;
    this.path = parseSourcePath(source);
  }

  evaluate(root: Json, scope: Scope): Json {
    const { path } = this;
    if (path.origin === 'data' && path.path.segments.length === 0) return root;
    const found = readSourcePath(path, root, scope);
    if ('missing' in found) throw this.missing(found.missing, root, scope);
    return found.value as Json;
  }

  private missing(reason: string, root: Json, scope: Scope): StateFailure {
    switch (this.field) {
      case 'ErrorPath':
      case 'CausePath':
        return notFound(this.path, this.field, root, scope);
      case 'SecondsPath':
      case 'TimestampPath':
        return new StateFailure(
          'States.Runtime',
          `The ${this.field} parameter does not reference an input value: ${this.source}`,
        );
      default:
        return new StateFailure('States.Runtime', `Invalid path '${this.source}' : ${reason}`);
    }
  }
}

/** A path of a payload template or an argument that leads nowhere. */
export function notFound(path: SourcePath, field: string, root: Json, scope: Scope): StateFailure {
  return new StateFailure(
    'States.Runtime',
    `The JSONPath '${path.source}' specified for the field '${field}' could not be found in the input '${originText(path, root, scope)}'`,
  );
}
