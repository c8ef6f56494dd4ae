/**
 * The JSONata library, loaded when the first expression needs it: it is too large for every start. Evaluation is
 * bounded in depth, lengths of lists and by its budget, and lets other work go on in between.
 */
import type { ExprNode, JsonataOptions } from 'jsonata';
import { budgetOf, meteredFunctions, type Frame } from './budget.ts';
import { LinearRegExp } from './linear-reg-exp.ts';

// Limit: a JSONata expression nests 5,000 deep and builds lists of 300,000 items.
const depthMax = 5_000;
const sequenceMax = 300_000;

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
    let isMetered = false;
    expression.assign(entryHook, (_: unknown, __: unknown, frame: Frame) => {
      if (!isMetered) {
        isMetered = true;
        for (const [name, metered] of meteredFunctions(frame)) expression.assign(name, metered);
      }
      return budgetOf(frame).step();
    });
    expression.assign(exitHook, afterStep);
    return { ast: expression.ast(), run: (bindings) => expression.evaluate(undefined, bindings) as Promise<unknown> };
  } catch (error) {
    if (error instanceof RangeError) throw new JsonataSyntaxError('The expression nests too deeply');
    throw new JsonataSyntaxError((error as { message?: string }).message ?? String(error));
  }
}

/** Called by the library before each step; a promise makes it wait. */
const entryHook = Symbol.for('jsonata.__evaluate_entry') as unknown as string;
const exitHook = Symbol.for('jsonata.__evaluate_exit') as unknown as string;

/** Called by the library after each step. */
function afterStep({ type }: ExprNode, _: unknown, frame: Frame, result: unknown): void {
  budgetOf(frame).stepped(type, result);
}
