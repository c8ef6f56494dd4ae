/** The 18 intrinsic functions of the States Language. */
import { arrayFunctions } from './arrays.ts';
import type { Intrinsic } from './definition.ts';
import { numberFunctions } from './numbers.ts';
import { textFunctions } from './texts.ts';

const intrinsics: ReadonlyMap<string, Intrinsic> = new Map(
  Object.entries({ ...arrayFunctions, ...numberFunctions, ...textFunctions }),
);

export function findIntrinsic(name: string): Intrinsic | undefined {
  return intrinsics.get(name);
}
