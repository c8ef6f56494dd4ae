/** An alias: a name that points to a version, or shares invocations out between two. */
import { randomInt } from 'node:crypto';
import { invalidParameter } from './errors.ts';
import { latest } from './function-name.ts';

export interface Alias {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Share of the second version, from 0 to 1, by its number. */
  readonly weights: Readonly<Record<string, number>>;
  readonly revisionId: string;
}

/** @throws InvalidParameterValueException */
export function checkAlias(alias: Alias): Alias {
  const { name, version, weights } = alias;
  if (!/^[a-zA-Z0-9-_]{1,128}$/.test(name) || /^\d+$/.test(name)) {
    throw invalidParameter(
      `'${name}' is not the name of an alias: letters, digits, '-' and '_', and not digits alone.`,
    );
  }
  const entries = Object.entries(weights);
  if (entries.length > 1)
    throw invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1');
  const [second] = entries;
  if (second === undefined) return alias;
  if (version === latest || second[0] === latest) {
    throw invalidParameter('$LATEST is not supported for an alias pointing to more than 1 version');
  }
  if (second[0] === version) {
    throw invalidParameter(
      `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
    );
  }
  if (!(second[1] >= 0 && second[1] <= 1)) {
    throw invalidParameter(`The weight of version ${second[0]} is ${second[1]}; it takes 0 to 1.`);
  }
  return alias;
}

const draws = 1_000_000;

/** The version that an invocation of the alias goes to. */
export function drawVersion({ version, weights }: Alias): string {
  const [second] = Object.entries(weights);
  if (second === undefined) return version;
  return randomInt(draws) < second[1] * draws ? second[0] : version;
}
