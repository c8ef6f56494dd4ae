/** `Condition` of a JSONata Choice state: an expression or a literal boolean. */
import type { Fields } from '../compile/fields.ts';
import { unexpectedType } from '../jsonata/unexpected-type.ts';
import type { ChoiceTest, Expression, Json, Scope } from '../machine.ts';

export class JsonataCondition implements ChoiceTest {
  private readonly condition: Expression;

  constructor(rule: Fields) {
    this.condition = rule.value('Condition') as Expression;
  }

  matches(root: Json, scope: Scope): boolean | Promise<boolean> {
    const value = this.condition.evaluate(root, scope);
    return value instanceof Promise ? value.then((settled) => this.booleanOf(settled)) : this.booleanOf(value);
  }

  private booleanOf(value: Json): boolean {
    if (typeof value === 'boolean') return value;
    throw unexpectedType(this.condition, 'boolean', value);
  }
}
