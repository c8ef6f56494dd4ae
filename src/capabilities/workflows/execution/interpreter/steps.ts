/**
 * Work that mostly ends at once and sometimes has to await: a generator that yields only real promises. JSONPath machines
 * never yield, so thousands of their transitions run without one turn of the event loop; JSONata yields for each expression.
 */
export type Steps<Result> = Generator<PromiseLike<unknown>, Result, unknown>;

/** The value, awaited if it is a promise. */
export function* settled<Value>(value: Value | PromiseLike<Value>): Steps<Value> {
  return isPromise(value) ? ((yield value) as Value) : value;
}

/** Work that needs no awaiting, as steps. */
export function* atOnce<Result>(work: () => Result): Steps<Result> {
  return yield* settled(work());
}

/** Runs to the end at once where nothing has to be awaited. */
export function drive<Result>(steps: Steps<Result>): Result | Promise<Result> {
  const first = steps.next();
  return first.done === true ? first.value : driveOn(steps, first.value);
}

async function driveOn<Result>(steps: Steps<Result>, first: PromiseLike<unknown>): Promise<Result> {
  let pending = first;
  for (;;) {
    const step = await pending.then(
      (value) => steps.next(value),
      (error: unknown) => steps.throw(error),
    );
    if (step.done === true) return step.value;
    pending = step.value;
  }
}

function isPromise<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
