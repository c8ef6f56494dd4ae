/**
 * The JSONata library, loaded when the first expression needs it: it is too large for every start. Evaluation is bounded in
 * steps, depth and lengths of lists, and lets other work go on in between.
 */
import type { ExprNode, JsonataOptions } from 'jsonata';
import { LinearRegExp } from './linear-reg-exp.ts';

// Limit: a JSONata expression takes at most 500,000 steps, nests 5,000 deep and builds lists of 300,000 items.
const stepsMax = 500_000;
const depthMax = 5_000;
const sequenceMax = 300_000;
const stepsBetweenBreaks = 5_000;

export type JsonataLibrary = typeof import('jsonata');

/** What is used of a compiled expression. */
export interface CompiledJsonata {
  readonly ast: ExprNode;
  run(bindings: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** An expression that the library does not parse; `message` is its text without the code. */
export class JsonataSyntaxError extends Error {
  override readonly name = 'JsonataSyntaxError';
}

export async function loadJsonata(): Promise<JsonataLibrary> {
  return (await import('jsonata')).default;
}

/** @throws JsonataSyntaxError */
export function compileJsonata(library: JsonataLibrary, source: string): CompiledJsonata {
  try {
    const expression = library(source, {
      stack: depthMax,
      sequence: sequenceMax,
      RegexEngine: LinearRegExp as unknown as NonNullable<JsonataOptions['RegexEngine']>,
    });
    expression.assign(entryHook, countStep);
    return { ast: expression.ast(), run: (bindings) => expression.evaluate(undefined, bindings) as Promise<unknown> };
  } catch (error) {
    throw new JsonataSyntaxError((error as { message?: string }).message ?? String(error));
  }
}

const entryHook = Symbol.for('jsonata.__evaluate_entry') as unknown as string;

/** Called by the library before each step of an evaluation, whose own frame is `base`; a promise makes it wait. */
function countStep(_: unknown, __: unknown, { base }: { base: { steps?: number } }): Promise<void> | undefined {
  const steps = (base.steps ?? 0) + 1;
  base.steps = steps;
  if (steps > stepsMax) throw new Error(`The expression takes more than ${stepsMax} steps`);
  return steps % stepsBetweenBreaks === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined;
}
