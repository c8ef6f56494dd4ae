/** One valid state to its typed form. */
import { DataRule } from '../choice/data-rule.ts';
import { JsonataCondition } from '../choice/jsonata-condition.ts';
import type {
  ChoiceRule,
  ChoiceState,
  Continuing,
  FailState,
  Handling,
  JsonObject,
  ParallelState,
  PassState,
  QueryLanguage,
  State,
  StateBase,
  TaskResource,
  TaskState,
  WaitState,
} from '../machine.ts';
import { parseResource } from '../resource.ts';
import { Fields, type CompileEnvironment } from './fields.ts';
import { compileCatch, compileRetry, optional } from './handling.ts';
import { compileMap } from './map-compiler.ts';

export function compileState(name: string, state: JsonObject, environment: CompileEnvironment): State {
  const queryLanguage = (state.QueryLanguage as QueryLanguage | undefined) ?? environment.queryLanguage;
  const fields = new Fields(state, queryLanguage, environment.jsonata);
  const base = compileBase(name, fields);
  switch (state.Type) {
    case 'Pass':
      return compilePass(base, fields);
    case 'Task':
      return compileTask(base, fields);
    case 'Choice':
      return compileChoice(base, fields);
    case 'Wait':
      return compileWait(base, fields);
    case 'Fail':
      return compileFail(base, fields);
    case 'Parallel':
      return compileParallel(base, fields, environment);
    case 'Map':
      return compileMap(compileHandling(base, fields), fields, environment);
    default:
      return { ...base, type: 'Succeed' };
  }
}

function compileBase(name: string, fields: Fields): StateBase {
  return {
    name,
    queryLanguage: fields.queryLanguage,
    ...optional('inputPath', fields.nullablePath('InputPath')),
    ...optional('outputPath', fields.nullablePath('OutputPath')),
    ...optional('output', fields.isJsonata ? fields.value('Output') : undefined),
    ...optional('assign', fields.assign()),
  };
}

function compileContinuing(base: StateBase, fields: Fields): Continuing {
  return { ...base, ...optional('next', fields.text('Next')) };
}

function compileHandling(base: StateBase, fields: Fields): Handling {
  return {
    ...compileContinuing(base, fields),
    ...optional('parameters', fields.payload('Parameters', 'Arguments')),
    ...optional('resultSelector', fields.isJsonata ? undefined : fields.template('ResultSelector')),
    ...optional('resultPath', fields.resultPath()),
    retry: compileRetry(fields),
    catch: compileCatch(fields),
  };
}

function compilePass(base: StateBase, fields: Fields): PassState {
  return {
    ...compileContinuing(base, fields),
    type: 'Pass',
    ...optional('result', fields.object.Result),
    ...optional('parameters', fields.isJsonata ? undefined : fields.template('Parameters')),
    ...optional('resultPath', fields.resultPath()),
  };
}

function compileTask(base: StateBase, fields: Fields): TaskState {
  const credentials = fields.object.Credentials as JsonObject | undefined;
  const inner = credentials && fields.within(credentials, 'Credentials');
  const roleArn = inner && (inner.isJsonata ? inner.value('RoleArn') : roleOf(inner));
  return {
    ...compileHandling(base, fields),
    type: 'Task',
    resource: parseResource(fields.text('Resource') as string) as TaskResource,
    ...optional('timeoutSeconds', fields.constantOrPath('TimeoutSeconds')),
    ...optional('heartbeatSeconds', fields.constantOrPath('HeartbeatSeconds')),
    ...optional('credentials', roleArn),
  };
}

function roleOf(fields: Fields): ReturnType<Fields['path']> {
  return fields.path('RoleArn.$') ?? fields.template('RoleArn');
}

function compileChoice(base: StateBase, fields: Fields): ChoiceState {
  const choices = (fields.object.Choices as JsonObject[]).map((rule, index): ChoiceRule => {
    const inner = fields.within(rule, `Choices[${index}]`);
    return {
      next: rule.Next as string,
      test: inner.isJsonata ? new JsonataCondition(inner) : new DataRule(rule),
      ...optional('assign', inner.assign()),
      ...optional('output', inner.isJsonata ? inner.value('Output') : undefined),
    };
  });
  return { ...base, type: 'Choice', choices, ...optional('default', fields.text('Default')) };
}

function compileWait(base: StateBase, fields: Fields): WaitState {
  const seconds = fields.constantOrPath('Seconds');
  const until = seconds
    ? ({ kind: 'seconds', value: seconds } as const)
    : ({ kind: 'timestamp', value: fields.constantOrPath('Timestamp') as NonNullable<typeof seconds> } as const);
  return { ...compileContinuing(base, fields), type: 'Wait', until };
}

function compileFail(base: StateBase, fields: Fields): FailState {
  return {
    ...base,
    type: 'Fail',
    ...optional('error', fields.constantOrPath('Error')),
    ...optional('cause', fields.constantOrPath('Cause')),
  };
}

function compileParallel(base: StateBase, fields: Fields, environment: CompileEnvironment): ParallelState {
  const branches = (fields.object.Branches as JsonObject[]).map((branch) => environment.compileFlow(branch));
  return { ...compileHandling(base, fields), type: 'Parallel', branches };
}
