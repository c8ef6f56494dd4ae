/** A rule of a JSONPath Choice state: data tests joined by `And`, `Or` and `Not`. */
import type { ChoiceTest, Json, JsonObject, Scope } from '../machine.ts';
import { parseSourcePath } from '../paths/source-path.ts';
import { dataOperators, type DataTest } from './data-test.ts';

export class DataRule implements ChoiceTest {
  private readonly test: DataTest;

  /** @param rule one that the validator has passed. @throws PathSyntaxError */
  constructor(rule: JsonObject) {
    this.test = compileRule(rule);
  }

  matches(root: Json, scope: Scope): boolean {
    return this.test(root, scope);
  }
}

function compileRule(rule: JsonObject): DataTest {
  if (Array.isArray(rule.And)) {
    const parts = (rule.And as JsonObject[]).map(compileRule);
    return (root, scope) => parts.every((part) => part(root, scope));
  }
  if (Array.isArray(rule.Or)) {
    const parts = (rule.Or as JsonObject[]).map(compileRule);
    return (root, scope) => parts.some((part) => part(root, scope));
  }
  if (rule.Not !== undefined) {
    const part = compileRule(rule.Not as JsonObject);
    return (root, scope) => !part(root, scope);
  }
  const variable = parseSourcePath(rule.Variable as string);
  for (const [name, operand] of Object.entries(rule)) {
    const operator = dataOperators.get(name);
    if (operator) return operator.compile(operand)(variable);
  }
  throw new Error('a rule without an operator passed the validator');
}
