/** What a test shows of a state's data on its way: the steps that AWS shows for this kind of state. */
import type { Json, State } from '#languages/asl/index';
import type { Note } from '../execution/interpreter/data-flow.ts';
import type { HttpWatcher } from '../integrations/http.ts';

export interface ErrorDetails {
  catchIndex?: number;
  retryIndex?: number;
  retryBackoffIntervalSeconds?: number;
}

/** Members of the wire's InspectionData: values as JSON text. */
export type InspectionData = { readonly [step: string]: unknown };

type MapStep = 'afterItemsPath' | 'afterItemsPointer' | 'afterItemSelector' | 'afterItemBatcher';
type Step = Parameters<Note>[0] | MapStep | 'result';

export class Inspection {
  readonly #state: State;
  readonly #steps = new Map<Step, Json>();
  readonly #numbers: Record<string, number> = {};
  readonly #http: { request?: object; response?: object } = {};
  #errorDetails: ErrorDetails | undefined;
  #variables: Readonly<Record<string, Json>>;

  /** @param variables as they were before the state */
  constructor(state: State, variables: Readonly<Record<string, Json>>) {
    this.#state = state;
    this.#variables = variables;
  }

  readonly note = (step: Step, value: Json): void => {
    if (step === 'variables') this.#variables = { ...this.#variables, ...(value as Record<string, Json>) };
    else this.#steps.set(step, value);
  };

  noteNumber(name: 'maxConcurrency' | 'toleratedFailureCount' | 'toleratedFailurePercentage', value: number): void {
    this.#numbers[name] = value;
  }

  noteError(details: ErrorDetails): void {
    this.#errorDetails = { ...this.#errorDetails, ...details };
  }

  /** Notes what an HTTP task sends and is answered; the last exchange counts. */
  watchHttp(revealSecrets: boolean): HttpWatcher {
    return {
      revealSecrets,
      request: ({ url, method, headers, body = '' }) => {
        this.#http.request = {
          protocol: url.protocol.slice(0, -1),
          method,
          url: url.href,
          headers: listOf(headers),
          body,
        };
      },
      response: ({ protocol, statusCode, statusText, headers, body }) => {
        const status = { statusCode: String(statusCode), statusMessage: statusText };
        this.#http.response = { protocol, ...status, headers: listOf(headers), body };
      },
    };
  }

  /** @param input the text as it was given */
  toWire(input: string): InspectionData {
    const hidden = hiddenSteps(this.#state);
    const shown = [...this.#steps].filter(([step]) => !hidden.includes(step));
    const hasVariables = Object.keys(this.#variables).length > 0;
    return {
      input,
      ...Object.fromEntries(shown.map(([step, value]) => [step, JSON.stringify(value)])),
      ...this.#numbers,
      ...this.#http,
      ...(hasVariables && { variables: JSON.stringify(this.#variables) }),
      ...(this.#errorDetails !== undefined && { errorDetails: this.#errorDetails }),
    };
  }
}

/** As AWS writes the headers of a request or a response. */
function listOf(headers: Iterable<readonly [string, string]>): string {
  return `[${[...headers].map(([name, value]) => `${name}: ${value}`).join(', ')}]`;
}

/** A Pass with a Result ignores its input; of a Parallel only what comes of its branches is shown, as in AWS. */
function hiddenSteps(state: State): readonly Step[] {
  if (state.type === 'Pass' && state.result !== undefined) return ['afterInputPath', 'afterParameters'];
  if (state.type === 'Parallel') return ['afterInputPath', 'afterParameters', 'afterArguments', 'result'];
  if (state.type === 'Map') return ['result', 'afterParameters', 'afterArguments'];
  return [];
}
