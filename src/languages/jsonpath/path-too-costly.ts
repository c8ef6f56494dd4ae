/** A path that would look at too many values of its document. */
export class PathTooCostly extends Error {
  override readonly name = 'PathTooCostly';

  constructor(visitsMax: number) {
    super(`The path visits more than ${visitsMax} values`);
  }
}
