/** The rules of the rules of a Choice state. */
import { dataOperators } from '../choice/data-test.ts';
import type { Json, JsonObject } from '../machine.ts';
import { parseTimestamp } from '../timestamp.ts';
import type { Diagnostics } from './diagnostics.ts';
import { looksDynamic, type ExpressionRules } from './expression-rules.ts';
import { isObject, type Place } from './field-rule.ts';

// Limit: data tests nest 100 deep.
const depthMax = 100;
const joiners = ['And', 'Or', 'Not'];

/** A rule of JSONPath: data tests, each with one operator. */
export class DataTestRules {
  private readonly rules: ExpressionRules;
  private readonly diagnostics: Diagnostics;

  constructor(rules: ExpressionRules, diagnostics: Diagnostics) {
    this.rules = rules;
    this.diagnostics = diagnostics;
  }

  /** @param outer names of the fields that a rule has beside its test */
  check(rule: JsonObject, location: string, outer: readonly string[], depth = 0): void {
    const report = (message: string, at = location): void => this.diagnostics.schema(message, at);
    if (depth > depthMax) return report(`Rules nest more than ${depthMax} deep`);
    const names = Object.keys(rule).filter((name) => !outer.includes(name) && name !== 'Comment');
    const operators = names.filter((name) => dataOperators.has(name) || joiners.includes(name));
    for (const name of names) {
      if (!operators.includes(name) && name !== 'Variable') report(`Field '${name}' is not supported`);
    }
    const [operator] = operators;
    if (operator === undefined || operators.length > 1)
      return report('A rule must have exactly one comparison operator');
    if (joiners.includes(operator)) return this.checkJoined(operator, rule[operator] as Json, location, depth);
    const place = { queryLanguage: 'JSONPath', location: `${location}/Variable`, report } as const;
    if (rule.Variable === undefined) report('These fields are required: [Variable]');
    else this.rules.path(rule.Variable, { ...place, report: (message) => report(message, place.location) });
    this.checkOperand(operator, rule[operator] as Json, {
      queryLanguage: 'JSONPath',
      location: `${location}/${operator}`,
      report: (message) => report(message, `${location}/${operator}`),
    });
  }

  private checkJoined(operator: string, value: Json, location: string, depth: number): void {
    const here = `${location}/${operator}`;
    if (operator === 'Not') {
      if (isObject(value)) this.check(value, here, [], depth + 1);
      else this.diagnostics.schema('Expected value of type Object', here);
      return;
    }
    if (!Array.isArray(value)) return this.diagnostics.schema('Expected value of type Array', here);
    if (value.length === 0) return this.diagnostics.schema('Array must not be empty', here);
    for (const [index, inner] of value.entries()) {
      if (isObject(inner)) this.check(inner, `${here}[${index}]`, [], depth + 1);
      else this.diagnostics.schema('Expected value of type Object', `${here}[${index}]`);
    }
  }

  private checkOperand(operator: string, value: Json, place: Place): void {
    switch (dataOperators.get(operator)?.operand) {
      case 'path':
        return this.rules.path(value, place);
      case 'number':
        if (typeof value !== 'number') place.report('Expected value of type Number');
        return;
      case 'boolean':
        if (typeof value !== 'boolean') place.report('Expected value of type Boolean');
        return;
      case 'timestamp':
        if (typeof value !== 'string' || parseTimestamp(value) === undefined) {
          place.report('String does not match RFC3339 timestamp');
        }
        return;
      default:
        if (typeof value !== 'string') place.report('Expected value of type String');
        else if (looksDynamic(value)) {
          const message = `The value looks like a path, but the field name '${operator}' does not end with 'Path'`;
          this.diagnostics.warning('NO_PATH', message, place.location);
        }
    }
  }
}
