/**
 * The inner half of a call, the same whether it came over the wire or from inside: decode, validate, authorise, run the
 * handler, encode, and tell the request log how it ended.
 */
import type { Clock } from '#kernel/clock';
import { isPlatformError, PlatformError } from '#kernel/errors';
import type { Log } from '#kernel/log';
import type { Authorizer, RequestContext, RequestLog } from './api.ts';
import { notServed, type ErrorFamily } from './errors.ts';
import type { Operation } from './model/model.ts';
import { Redactor } from './model/redaction.ts';
import type { Services } from './services.ts';
import { describeProblems, Validator, type Problem } from './model/validation.ts';

export interface CallsOptions {
  readonly services: Services;
  readonly authorizer: Authorizer;
  readonly requestLog: RequestLog | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface CallSteps<Result> {
  readonly family: ErrorFamily;
  decode(): unknown;
  encode(output: unknown): Result;
}

export class Calls {
  readonly #options: CallsOptions;
  readonly #validator = new Validator();
  readonly #redactor = new Redactor();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  async run<Result>(operation: Operation, context: RequestContext, steps: CallSteps<Result>): Promise<Result> {
    const { services, authorizer } = this.#options;
    const time = this.#options.clock.now();
    let input: unknown;
    try {
      const handler = services.findHandler(context.service, operation.name);
      if (handler === undefined) throw notServed(steps.family, context.service, operation.name);
      input = steps.decode();
      this.#validate(operation, input, steps.family);
      authorizer.authorize(context, input);
      const output: unknown = await handler(input, context);
      const result = steps.encode(output);
      this.#record(operation, context, time, input, output);
      return result;
    } catch (error) {
      this.#record(operation, context, time, input, undefined, error);
      throw error;
    }
  }

  #validate(operation: Operation, input: unknown, family: ErrorFamily): void {
    const problems = this.#validator.problems(operation.input, input);
    if (problems.length > 0) throw invalidInput(operation, problems, family);
  }

  #record(
    operation: Operation,
    context: RequestContext,
    time: Date,
    input: unknown,
    output: unknown,
    error?: unknown,
  ): void {
    const { requestLog, log } = this.#options;
    if (requestLog === undefined) return;
    try {
      requestLog.record({
        context,
        time,
        input: this.#redactor.redact(operation.input, input),
        output: this.#redactor.redact(operation.output, output),
        readOnly: operation.isReadOnly,
        ...(error === undefined ? {} : describeError(error)),
      });
    } catch (fault) {
      // What was done is done: a record that cannot be written must not turn it into a failure.
      log.error('a call could not be recorded', { requestId: context.requestId, error: fault });
    }
  }
}

function describeError(error: unknown): { errorCode: string; errorMessage: string } {
  return isPlatformError(error)
    ? { errorCode: error.code, errorMessage: error.message }
    : { errorCode: 'InternalFailure', errorMessage: 'An internal error occurred.' };
}

/** Services that do not say `ValidationException`. */
const validationCodes: Readonly<Record<string, string>> = {
  athena: 'InvalidRequestException',
  logs: 'InvalidParameterException',
  lambda: 'InvalidParameterValueException',
  sns: 'InvalidParameter',
  sqs: 'InvalidParameterValue',
};

function invalidInput(operation: Operation, problems: readonly Problem[], family: ErrorFamily): PlatformError {
  if (family === 's3') return invalidS3Input(operation, problems[0]!);
  const code =
    validationCodes[operation.model.name] ?? (family === 'query' ? 'ValidationError' : 'ValidationException');
  return new PlatformError('invalid', code, describeProblems(problems));
}

/** S3 has words of its own for what the models say, and says one thing at a time. */
function invalidS3Input(operation: Operation, problem: Problem): PlatformError {
  const [first = ''] = problem.path;
  const member = [...(operation.input?.shape.members.values() ?? [])].find(
    ({ name }) => name.toLowerCase() === String(first).toLowerCase(),
  );
  const message = describeProblems([problem]);
  const isInBody = member === operation.input?.shape.payload;
  if (isInBody) {
    const code = problem.path.length === 1 ? 'MissingRequestBodyError' : 'MalformedXML';
    return new PlatformError('invalid', code, message);
  }
  if (problem.value === null) return new PlatformError('invalid', 'InvalidRequest', message);
  const code = first === 'storageClass' ? 'InvalidStorageClass' : 'InvalidArgument';
  return new PlatformError('invalid', code, message, {
    details: { ArgumentName: member?.wireName, ArgumentValue: problem.value },
  });
}
