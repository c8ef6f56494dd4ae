/** A value that needs no evaluation. */
import type { Expression, Json } from './machine.ts';

export class Constant implements Expression {
  readonly source: Json;
  readonly field: string;
  readonly isConstant = true;

  constructor(source: Json, field: string) {
    this.source = source;
    this.field = field;
  }

  evaluate(): Json {
    return this.source;
  }
}
