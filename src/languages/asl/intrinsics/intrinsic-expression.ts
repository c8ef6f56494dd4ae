/** A field whose text is a call of an intrinsic function: `ErrorPath`, `CausePath`, `ItemsPath` … */
import type { Expression, Json, Scope } from '../machine.ts';
import { compileIntrinsic } from './intrinsic.ts';

export class IntrinsicExpression implements Expression {
  readonly source: string;
  readonly field: string;
  readonly isConstant = false;
  private readonly evaluation: (root: Json, scope: Scope) => Json;

  /** @throws IntrinsicSyntaxError */
  constructor(source: string, field: string) {
    this.source = source;
    this.field = field;
    this.evaluation = compileIntrinsic(source);
  }

  evaluate(root: Json, scope: Scope): Json {
    return this.evaluation(root, scope);
  }
}
