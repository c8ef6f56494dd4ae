// Limit: as in AWS, an error name is cut after 256 characters and a cause after 32,768. A failure that is told in the cause of
// the next one, from execution to execution, would double in size each time.
const errorMax = 256;
const causeMax = 32_768;

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
    super(`${error?.slice(0, errorMax) ?? 'no error name'}: ${causeText?.slice(0, causeMax) ?? ''}`);
    this.error = error?.slice(0, errorMax);
    this.causeText = causeText?.slice(0, causeMax);
    this.location = location;
  }
}
