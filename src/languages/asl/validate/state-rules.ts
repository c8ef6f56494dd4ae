/** The rules of one state: its fields and what they must be to each other. */
import { parseResource } from '../resource.ts';
import type { Json, JsonObject, QueryLanguage } from '../machine.ts';
import type { CompileOptions } from '../validation.ts';
import { DataTestRules } from './choice-rules.ts';
import type { Diagnostics } from './diagnostics.ts';
import { looksDynamic, type ExpressionRules } from './expression-rules.ts';
import { checkFields } from './field-check.ts';
import { anything, boolean, isObject, nonEmptyText, object, type FieldRule } from './field-rule.ts';
import { catcherFields, checkHandlerOrder, retrierFields } from './handler-rules.ts';
import { MapRules } from './map-rules.ts';
import { stateFields, type FieldRules, type StateType } from './state-fields.ts';

/** Checks a branch or an item processor, whose fields beside those of a flow are given. */
export type CheckFlow = (flow: JsonObject, location: string, fields: FieldRules, type: CompileOptions['type']) => void;

/** Fields of which a state has exactly one, or at most one. */
const alternatives: readonly (readonly string[])[] = [
  ['TimeoutSeconds', 'TimeoutSecondsPath'],
  ['HeartbeatSeconds', 'HeartbeatSecondsPath'],
  ['Error', 'ErrorPath'],
  ['Cause', 'CausePath'],
  ['MaxConcurrency', 'MaxConcurrencyPath'],
  ['ToleratedFailureCount', 'ToleratedFailureCountPath'],
  ['ToleratedFailurePercentage', 'ToleratedFailurePercentagePath'],
  ['ItemProcessor', 'Iterator'],
  ['ItemSelector', 'Parameters'],
];

export class StateRules {
  private readonly expressions: ExpressionRules;
  private readonly diagnostics: Diagnostics;
  private readonly checkFlow: CheckFlow;
  private readonly fields: Readonly<Record<StateType, FieldRules>>;
  private readonly dataTests: DataTestRules;
  private readonly maps: MapRules;

  constructor(expressions: ExpressionRules, diagnostics: Diagnostics, checkFlow: CheckFlow) {
    this.expressions = expressions;
    this.diagnostics = diagnostics;
    this.checkFlow = checkFlow;
    this.fields = stateFields(expressions);
    this.dataTests = new DataTestRules(expressions, diagnostics);
    this.maps = new MapRules(expressions, diagnostics, checkFlow);
  }

  check(state: JsonObject, location: string, machineLanguage: QueryLanguage, type: CompileOptions['type']): void {
    const here = location === '' ? '/' : location;
    const stateType = state.Type;
    if (typeof stateType !== 'string' || !Object.hasOwn(this.fields, stateType)) {
      if (stateType === undefined) this.diagnostics.schema('These fields are required: [Type]', here);
      else
        this.diagnostics.schema(`Value must be one of: [${Object.keys(this.fields).join(', ')}]`, `${location}/Type`);
      return;
    }
    if (machineLanguage === 'JSONata' && state.QueryLanguage === 'JSONPath') {
      this.diagnostics.schema(
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
        here,
      );
    }
    const queryLanguage = state.QueryLanguage === undefined ? machineLanguage : languageOf(state.QueryLanguage);
    checkFields(state, this.fields[stateType as StateType], queryLanguage, location, this.diagnostics);
    this.checkAlternatives(state, stateType, here);
    this.checkByType(state, stateType as StateType, queryLanguage, location, type);
  }

  private checkByType(
    state: JsonObject,
    stateType: StateType,
    queryLanguage: QueryLanguage,
    location: string,
    type: CompileOptions['type'],
  ): void {
    if (!['Choice', 'Succeed', 'Fail'].includes(stateType)) this.checkEnd(state, location === '' ? '/' : location);
    if (['Task', 'Parallel', 'Map'].includes(stateType)) this.checkHandlers(state, queryLanguage, location);
    switch (stateType) {
      case 'Pass':
        return this.warnStaticResult(state.Result, `${location}/Result`);
      case 'Task':
        return this.checkTask(state, location, type);
      case 'Choice':
        return this.checkChoices(state.Choices, queryLanguage, `${location}/Choices`);
      case 'Wait':
        return this.checkExactlyOne(state, ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'], location || '/');
      case 'Fail':
        return this.warnPaths(state, ['Error', 'Cause'], queryLanguage, location);
      case 'Parallel':
        return this.checkBranches(state.Branches, `${location}/Branches`, type);
      case 'Map':
        return this.maps.check(state, queryLanguage, location, type);
      default:
    }
  }

  private checkEnd(state: JsonObject, here: string): void {
    if (state.End === true && state.Next !== undefined) {
      this.diagnostics.schema('Only one of these fields is allowed: [Next, End]', here);
    } else if (state.End !== true && state.Next === undefined) {
      this.diagnostics.schema('One of these fields is required: [Next, End]', here);
    }
  }

  private checkAlternatives(state: JsonObject, stateType: string, here: string): void {
    for (const names of alternatives) {
      if (names.includes('Parameters') && stateType !== 'Map') continue;
      if (names.every((name) => state[name] !== undefined)) {
        this.diagnostics.schema(`Only one of these fields is allowed: [${names.join(', ')}]`, here);
      }
    }
  }

  private checkExactlyOne(state: JsonObject, names: readonly string[], here: string): void {
    const present = names.filter((name) => state[name] !== undefined);
    if (present.length === 0) this.diagnostics.schema(`One of these fields is required: [${names.join(', ')}]`, here);
    if (present.length > 1) this.diagnostics.schema(`Only one of these fields is allowed: [${names.join(', ')}]`, here);
  }

  private checkHandlers(state: JsonObject, queryLanguage: QueryLanguage, location: string): void {
    for (const [field, fields] of [
      ['Retry', retrierFields],
      ['Catch', catcherFields(this.expressions)],
    ] as const) {
      const handlers = state[field];
      if (!Array.isArray(handlers)) continue;
      handlers.forEach((handler: Json, index) => {
        const at = `${location}/${field}[${index}]`;
        if (isObject(handler)) checkFields(handler, fields, queryLanguage, at, this.diagnostics);
        else this.diagnostics.schema('Expected value of type Object', at);
      });
      checkHandlerOrder(handlers, (message, index) =>
        this.diagnostics.schema(message, `${location}/${field}[${index}]`),
      );
    }
  }

  private checkTask(state: JsonObject, location: string, type: CompileOptions['type']): void {
    const { TimeoutSeconds, HeartbeatSeconds, Credentials, Resource } = state;
    if (
      typeof TimeoutSeconds === 'number' &&
      typeof HeartbeatSeconds === 'number' &&
      HeartbeatSeconds >= TimeoutSeconds
    ) {
      this.diagnostics.schema('HeartbeatSeconds must be smaller than TimeoutSeconds', `${location}/HeartbeatSeconds`);
    }
    if (Credentials !== undefined && !isObject(Credentials)) {
      this.diagnostics.schema('Expected value of type Object', `${location}/Credentials`);
    }
    const resource = typeof Resource === 'string' ? parseResource(Resource) : undefined;
    if (type !== 'EXPRESS' || !resource) return;
    const at = `${location}/Resource`;
    if (resource.kind === 'activity')
      this.diagnostics.schema('Express state machine does not support Activity ARN', at);
    if (resource.kind === 'integration' && resource.pattern !== 'request-response') {
      const message = `Express state machine does not support '.${resource.pattern}' service integration`;
      this.diagnostics.schema(message, at);
    }
  }

  private checkChoices(choices: Json | undefined, queryLanguage: QueryLanguage, location: string): void {
    if (!Array.isArray(choices)) return;
    const common: FieldRules = {
      Next: { check: nonEmptyText, isRequired: true },
      Comment: { check: anything },
      Assign: { check: this.expressions.assignments },
    };
    const condition: FieldRule = { check: this.expressions.constantOr(boolean), isRequired: true };
    const jsonataRule: FieldRules = {
      ...common,
      Condition: condition,
      Output: { check: this.expressions.jsonataOnly },
    };
    choices.forEach((rule: Json, index) => {
      const at = `${location}[${index}]`;
      if (!isObject(rule)) return this.diagnostics.schema('Expected value of type Object', at);
      if (queryLanguage === 'JSONata') return checkFields(rule, jsonataRule, queryLanguage, at, this.diagnostics);
      const own = Object.fromEntries(Object.entries(rule).filter(([name]) => name in common));
      checkFields(own, common, queryLanguage, at, this.diagnostics);
      this.dataTests.check(rule, at, Object.keys(common));
    });
  }

  private checkBranches(branches: Json | undefined, location: string, type: CompileOptions['type']): void {
    if (!Array.isArray(branches)) return;
    branches.forEach((branch: Json, index) => {
      const at = `${location}[${index}]`;
      if (isObject(branch)) this.checkFlow(branch, at, {}, type);
      else
        object(branch, {
          queryLanguage: 'JSONPath',
          location: at,
          report: (message) => this.diagnostics.schema(message, at),
        });
    });
  }

  private warnPaths(state: JsonObject, names: readonly string[], queryLanguage: QueryLanguage, location: string): void {
    if (queryLanguage === 'JSONata') return;
    for (const name of names) {
      const value = state[name];
      if (typeof value === 'string' && looksDynamic(value)) {
        const message = `The value looks like a path, but the field name '${name}' does not end with 'Path'`;
        this.diagnostics.warning('NO_PATH', message, `${location}/${name}`);
      }
    }
  }

  private warnStaticResult(result: Json | undefined, location: string): void {
    if (typeof result === 'string' ? looksDynamic(result) : isObject(result) && hasDynamicMember(result)) {
      const message = 'The Result of a Pass state is static: paths and intrinsic functions in it are not evaluated';
      this.diagnostics.warning('PASS_RESULT_IS_STATIC', message, location);
    }
  }
}

function languageOf(value: Json): QueryLanguage {
  return value === 'JSONPath' ? 'JSONPath' : 'JSONata';
}

function hasDynamicMember(value: JsonObject): boolean {
  return Object.entries(value).some(
    ([name, inner]) =>
      (name.endsWith('.$') && typeof inner === 'string') ||
      (typeof inner === 'string' && looksDynamic(inner)) ||
      (isObject(inner) && hasDynamicMember(inner)),
  );
}
