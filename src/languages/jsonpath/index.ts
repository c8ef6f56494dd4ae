/** JSONPath in the dialect of Step Functions: parse once, read often, in bounded time. */
export { formatPath, isReferencePath, type Path, type Segment } from './path.ts';
export { parsePath } from './path-parser.ts';
export { readPath, type Found } from './path-reader.ts';
export { PathSyntaxError } from './path-syntax-error.ts';
export { PathTooCostly } from './path-too-costly.ts';
