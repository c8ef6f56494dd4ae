/** Calls of intrinsic functions, ready to evaluate. */
import { PathSyntaxError } from '#languages/jsonpath/index';
import { StateFailure } from '../failure.ts';
import type { Json, Scope } from '../machine.ts';
import { notFound } from '../paths/path-expression.ts';
import { readSourcePath } from '../paths/source-path.ts';
import { IntrinsicSyntaxError, parseCall, type Argument, type Call } from './call-parser.ts';
import { InvalidArguments, type Intrinsic } from './definition.ts';
import { findIntrinsic } from './registry.ts';

type Evaluation = (root: Json, scope: Scope) => Json;

/** Whether a value of a `.$` field is meant as a call and not as a path. */
export function isIntrinsic(source: string): boolean {
  return source.startsWith('States.');
}

/** @throws IntrinsicSyntaxError for an unknown function, a wrong count of arguments or bad syntax */
export function compileIntrinsic(source: string): Evaluation {
  return compileCall(parseIntrinsic(source));
}

/** @throws IntrinsicSyntaxError */
export function parseIntrinsic(source: string): Call {
  try {
    const call = parseCall(source);
    checkCall(call);
    return call;
  } catch (error) {
    if (error instanceof PathSyntaxError) throw new IntrinsicSyntaxError(error.message);
    throw error;
  }
}

function checkCall(call: Call): Intrinsic {
  const intrinsic = findIntrinsic(call.name);
  if (!intrinsic) throw new IntrinsicSyntaxError(`there is no intrinsic function ${call.name}`);
  const [least, most] = intrinsic.counts;
  if (call.arguments.length < least || call.arguments.length > most) {
    throw new IntrinsicSyntaxError(`${call.name} does not take ${call.arguments.length} arguments`);
  }
  for (const argument of call.arguments) if (argument.kind === 'call') checkCall(argument.call);
  return intrinsic;
}

function compileCall(call: Call): Evaluation {
  const intrinsic = checkCall(call);
  const evaluations = call.arguments.map((argument, index) =>
    compileArgument(argument, call, intrinsic.takesRawText === true && index === 0),
  );
  return (root, scope) => {
    const values = evaluations.map((evaluate) => evaluate(root, scope));
    try {
      return intrinsic.apply(values, scope);
    } catch (error) {
      if (!(error instanceof InvalidArguments)) throw error;
      throw new StateFailure(
        'States.IntrinsicFailure',
        `The function '${call.source}' had the following error: ${error.message}`,
      );
    }
  };
}

function compileArgument(argument: Argument, call: Call, isRaw: boolean): Evaluation {
  switch (argument.kind) {
    case 'call':
      return compileCall(argument.call);
    case 'path': {
      const { path } = argument;
      return (root, scope) => {
        const found = readSourcePath(path, root, scope);
        if ('missing' in found) throw notFound(path, call.source, root, scope);
        return found.value as Json;
      };
    }
    case 'text': {
      const text = isRaw ? argument.raw : argument.value;
      return () => text;
    }
    case 'value':
      return () => argument.value;
  }
}
