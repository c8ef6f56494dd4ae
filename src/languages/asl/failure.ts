/** How a state fails: the error name and cause that retriers, catchers and the execution's end see. */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  /** `States.Runtime`, `Lambda.TooManyRequestsException`, a name of the user's own; absent only for a Fail state without Error. */
  readonly error: string | undefined;
  /** Text for people; for a function's failure the JSON text it answered. */
  readonly causeText: string | undefined;
  /** The field that could not be evaluated, for EvaluationFailed events. */
  readonly location: string | undefined;

  constructor(error: string | undefined, causeText: string | undefined, location?: string) {
    super(`${error ?? 'no error name'}: ${causeText ?? ''}`);
    this.error = error;
    this.causeText = causeText;
    this.location = location;
  }
}
