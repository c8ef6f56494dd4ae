/** Intrinsic functions on numbers, and those that need chance. */
import { InvalidArguments, integerOf, type Intrinsic } from './definition.ts';

export const numberFunctions: Readonly<Record<string, Intrinsic>> = {
  'States.MathRandom': {
    counts: [2, 3],
    apply(values, scope) {
      const [start, end, seed] = values.map((value) => integerOf(value, 'States.MathRandom')) as [
        number,
        number,
        number?,
      ];
      if (start >= end)
        throw new InvalidArguments('Invalid arguments in States.MathRandom: the start must be less than the end');
      const chance = seed === undefined ? scope.random() : seededRandom(seed);
      return start + Math.floor(chance * (end - start));
    },
  },
  'States.MathAdd': {
    counts: [2, 2],
    apply(values) {
      const [left, right] = values.map((value) => integerOf(value, 'States.MathAdd')) as [number, number];
      const sum = left + right;
      if (!Number.isSafeInteger(sum))
        throw new InvalidArguments('Invalid arguments in States.MathAdd: the sum is out of range');
      return sum;
    },
  },
  'States.UUID': { counts: [0, 0], apply: (_, scope) => randomUuid(() => scope.random()) },
};

/**
 * The first number in [0, 1) of a generator with this seed; equal seeds give equal numbers.
 * Differs from AWS: the sequence behind a seed is our own, since AWS does not document its generator.
 */
export function seededRandom(seed: number): number {
  let mixed = (Math.trunc(seed) ^ 0x9e3779b9) >>> 0;
  for (let round = 0; round < 3; round++) {
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b) >>> 0;
  }
  return (mixed ^ (mixed >>> 16)) >>> 0 === 0 ? 0 : ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}

/** A version 4 UUID from a source of chance. */
export function randomUuid(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) => {
    const digit = Math.floor(random() * 16);
    return (place === 'x' ? digit : (digit & 3) | 8).toString(16);
  });
}
