/** A JSONPath of a definition: `$` is the data, `$$` the context object, `$name` a variable. */
import { parsePath, PathSyntaxError, PathTooCostly, readPath, type Found, type Path } from '#languages/jsonpath/index';
import type { Json, Scope } from '../machine.ts';
import { StateFailure } from '../failure.ts';

export interface SourcePath {
  readonly source: string;
  readonly origin: 'data' | 'context' | 'variable';
  /** The variable it reads. */
  readonly variable?: string;
  readonly path: Path;
}

const variableStart = /^\$([\p{ID_Start}_][\p{ID_Continue}\u200c\u200d]*)/u;

/** @throws PathSyntaxError */
export function parseSourcePath(source: string): SourcePath {
  if (source.startsWith('$$')) return { source, origin: 'context', path: parsePath(source.slice(1)) };
  const variable = variableStart.exec(source)?.[1];
  if (variable !== undefined) {
    return { source, origin: 'variable', variable, path: parsePath(`$${source.slice(variable.length + 1)}`) };
  }
  if (!source.startsWith('$')) throw new PathSyntaxError(`'${source.slice(0, 200)}' does not begin with $`);
  return { source, origin: 'data', path: parsePath(source) };
}

/** What `path` finds. @throws StateFailure States.Runtime when reading costs too much */
export function readSourcePath({ source, origin, variable, path }: SourcePath, root: Json, scope: Scope): Found {
  let from: Json | undefined = root;
  if (origin === 'context') from = scope.context;
  else if (origin === 'variable') from = scope.variable(variable as string);
  if (from === undefined) return { missing: `Variable '$${variable}' does not exist` };
  try {
    return readPath(path, from);
  } catch (error) {
    if (error instanceof PathTooCostly)
      throw new StateFailure('States.Runtime', `Invalid path '${source}' : ${error.message}`);
    throw error;
  }
}

/** The text of what a path is read from, for causes. */
export function originText({ origin }: SourcePath, root: Json, scope: Scope): string {
  return JSON.stringify(origin === 'context' ? scope.context : root);
}
