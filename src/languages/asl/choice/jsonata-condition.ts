/** `Condition` of a JSONata Choice state: an expression or a literal boolean. */
import type { Fields } from '../compile/fields.ts';
import { StateFailure } from '../failure.ts';
import { expressionIn } from '../jsonata/jsonata-expression.ts';
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
    const { source, field } = this.condition;
    throw new StateFailure(
      'States.QueryEvaluationError',
      `The JSONata expression '${expressionIn(source) ?? JSON.stringify(source)}' specified for the field '${field}' returned an unexpected result type. Expected 'boolean', but was '${typeName(value)}' for value: ${JSON.stringify(value)}`,
      field,
    );
  }
}

/** The names that AWS gives to the types of JSON. */
export function typeName(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
