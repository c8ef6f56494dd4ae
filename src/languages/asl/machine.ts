/**
 * A compiled state machine: the Amazon States Language as a typed tree whose expressions are ready to evaluate.
 * Compiled once for each revision and shared by all of its executions, so nothing here may change after compilation.
 * Specification: states-language.net and the Step Functions developer guide (JSONata, variables, distributed Map).
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

export type QueryLanguage = 'JSONPath' | 'JSONata';

/** What an expression can see. */
export interface Scope {
  /** The state's input as it entered: `$` of InputPath, `$states.input`. */
  readonly input: Json;
  /** The context object: `$$`, `$states.context`. */
  readonly context: JsonObject;
  /** The value of a variable in this scope or an outer one; undefined when there is none. */
  variable(name: string): Json | undefined;
  /** Names of all variables in sight, for JSONata's bindings. */
  variableNames(): Iterable<string>;
  /** `$states.result`, where there is one. */
  readonly result?: Json;
  /** `$states.errorOutput`, in a catcher. */
  readonly errorOutput?: Json;
  /** Milliseconds since the epoch and a random number in [0, 1): the only sources of chance (`$now`, `States.UUID` …). */
  nowMs(): number;
  random(): number;
}

/**
 * Something to evaluate.
 * @throws StateFailure (States.Runtime, States.ParameterPathFailure, States.IntrinsicFailure, States.QueryEvaluationError …)
 */
export interface Expression {
  /** As written, for causes and TestState. */
  readonly source: Json;
  /** The field it stands in, such as `Parameters` or `Choices[0].Condition`. */
  readonly field: string;
  /** Whether its value never changes, so that it may be evaluated once. */
  readonly isConstant: boolean;
  /**
   * @param root what `$` means for JSONPath (JSONata takes all from the scope)
   * JSONata answers by a promise, JSONPath and constants at once: hot paths stay synchronous.
   */
  evaluate(root: Json, scope: Scope): Json | Promise<Json>;
}

/** A reference path to write to (`ResultPath`). */
export interface ReferencePath {
  readonly source: string;
  /** A copy of `target` with `value` at the path, objects made on the way. @throws StateFailure States.ResultPathMatchFailure */
  insert(target: Json, value: Json): Json;
}

export interface Machine {
  readonly comment?: string;
  readonly queryLanguage: QueryLanguage;
  readonly timeoutSeconds?: number;
  readonly flow: Flow;
  /** The text it was compiled from. */
  readonly definition: string;
}

/** StartAt and States: of the machine, of a branch, of an item processor. */
export interface Flow {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
}

export type State =
  | PassState
  | TaskState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

export interface StateBase {
  readonly name: string;
  readonly queryLanguage: QueryLanguage;
  /** JSONPath: absent means `$`, null means an empty object. */
  readonly inputPath?: Expression | null;
  readonly outputPath?: Expression | null;
  /** JSONata: the whole output. */
  readonly output?: Expression;
  /** Values by variable name, all evaluated on the variables as they were. */
  readonly assign?: ReadonlyMap<string, Expression>;
}

/** The states that go on to another one or end their flow. */
export interface Continuing extends StateBase {
  /** Absent: the flow ends here (`End: true`). */
  readonly next?: string;
}

export interface Handling extends Continuing {
  /** JSONPath `Parameters` (Map: `ItemSelector` is apart), JSONata `Arguments`. */
  readonly parameters?: Expression;
  readonly resultSelector?: Expression;
  /** JSONPath: absent means `$`, null drops the result. */
  readonly resultPath?: ReferencePath | null;
  readonly retry: readonly Retrier[];
  readonly catch: readonly Catcher[];
}

export interface PassState extends Continuing {
  readonly type: 'Pass';
  readonly result?: Json;
  readonly parameters?: Expression;
  readonly resultPath?: ReferencePath | null;
}

export interface TaskState extends Handling {
  readonly type: 'Task';
  readonly resource: TaskResource;
  /** Seconds, or a path or expression that gives them. */
  readonly timeoutSeconds?: Expression;
  readonly heartbeatSeconds?: Expression;
  /** `Credentials.RoleArn`. */
  readonly credentials?: Expression;
}

/** A parsed `Resource`. */
export type TaskResource =
  | { readonly kind: 'lambda-function'; readonly arn: string }
  | { readonly kind: 'activity'; readonly arn: string }
  | {
      readonly kind: 'integration';
      readonly arn: string;
      /** `lambda`, `states`, `sqs`, `http`, `athena`; for `aws-sdk:sfn:…` the part after `aws-sdk:`. */
      readonly service: string;
      /** As written: `invoke`, `startExecution`, `startQueryExecution`. */
      readonly action: string;
      readonly isAwsSdk: boolean;
      readonly pattern: 'request-response' | 'sync' | 'sync:2' | 'waitForTaskToken';
    };

export interface ChoiceState extends StateBase {
  readonly type: 'Choice';
  readonly choices: readonly ChoiceRule[];
  readonly default?: string;
}

export interface ChoiceRule {
  readonly next: string;
  /** @throws StateFailure when a path leads nowhere or JSONata gives no boolean */
  readonly test: ChoiceTest;
  readonly assign?: ReadonlyMap<string, Expression>;
  readonly output?: Expression;
}

export interface ChoiceTest {
  matches(root: Json, scope: Scope): boolean | Promise<boolean>;
}

export interface WaitState extends Continuing {
  readonly type: 'Wait';
  /** `Seconds`/`SecondsPath` or `Timestamp`/`TimestampPath`. */
  readonly until: { readonly kind: 'seconds' | 'timestamp'; readonly value: Expression };
}

export interface SucceedState extends StateBase {
  readonly type: 'Succeed';
}

export interface FailState extends StateBase {
  readonly type: 'Fail';
  readonly error?: Expression;
  readonly cause?: Expression;
}

export interface ParallelState extends Handling {
  readonly type: 'Parallel';
  readonly branches: readonly Flow[];
}

export interface MapState extends Handling {
  readonly type: 'Map';
  readonly processor: Flow;
  readonly mode: 'INLINE' | 'DISTRIBUTED';
  readonly executionType: 'STANDARD' | 'EXPRESS';
  /** `Iterator` instead of `ItemProcessor`: then `parameters` selects items as `itemSelector` does. */
  readonly isLegacy: boolean;
  readonly items?: Expression;
  readonly itemSelector?: Expression;
  readonly maxConcurrency?: Expression;
  readonly toleratedFailureCount?: Expression;
  readonly toleratedFailurePercentage?: Expression;
  readonly label?: string;
  readonly itemReader?: ItemReader;
  readonly itemBatcher?: ItemBatcher;
  readonly resultWriter?: ResultWriter;
}

export interface ItemReader {
  /** Such as `arn:aws:states:::s3:getObject`. */
  readonly resource: string;
  /** `Parameters` or `Arguments`. */
  readonly parameters?: Expression;
  readonly inputType?: 'CSV' | 'JSON' | 'JSONL' | 'PARQUET' | 'MANIFEST';
  readonly transformation?: 'NONE' | 'LOAD_AND_FLATTEN';
  readonly csvHeaderLocation?: 'FIRST_ROW' | 'GIVEN';
  readonly csvHeaders?: readonly string[];
  readonly csvDelimiter?: 'COMMA' | 'PIPE' | 'SEMICOLON' | 'SPACE' | 'TAB';
  readonly itemsPointer?: string;
  readonly manifestType?: 'S3_INVENTORY' | 'ATHENA_DATA';
  readonly maxItems?: Expression;
}

export interface ItemBatcher {
  readonly maxItems?: Expression;
  readonly maxInputBytes?: Expression;
  readonly batchInput?: Expression;
}

export interface ResultWriter {
  readonly resource?: string;
  readonly parameters?: Expression;
  readonly outputType?: 'JSON' | 'JSONL';
  readonly transformation?: 'NONE' | 'COMPACT' | 'FLATTEN';
}

export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds?: number;
  readonly jitter: 'FULL' | 'NONE';
}

export interface Catcher {
  readonly errorEquals: readonly string[];
  readonly next: string;
  readonly resultPath?: ReferencePath | null;
  readonly output?: Expression;
  readonly assign?: ReadonlyMap<string, Expression>;
}
