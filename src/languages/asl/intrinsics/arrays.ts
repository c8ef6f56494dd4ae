/** Intrinsic functions on lists. */
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../machine.ts';
import { InvalidArguments, integerOf, listOf, type Intrinsic } from './definition.ts';

// Limit: States.ArrayRange gives at most 1,000 numbers, as in AWS.
const rangeMax = 1000;

export const arrayFunctions: Readonly<Record<string, Intrinsic>> = {
  'States.Array': { counts: [0, Number.POSITIVE_INFINITY], apply: (values) => values },
  'States.ArrayPartition': {
    counts: [2, 2],
    apply([value, size]) {
      const list = listOf(value, 'States.ArrayPartition');
      const length = integerOf(size, 'States.ArrayPartition');
      if (length < 1)
        throw new InvalidArguments('Invalid arguments in States.ArrayPartition: the chunk size must be positive');
      return Array.from({ length: Math.ceil(list.length / length) }, (_, index) =>
        list.slice(index * length, (index + 1) * length),
      );
    },
  },
  'States.ArrayContains': {
    counts: [2, 2],
    apply: ([value, wanted]) => listOf(value, 'States.ArrayContains').some((item) => isDeepStrictEqual(item, wanted)),
  },
  'States.ArrayRange': {
    counts: [3, 3],
    apply(values) {
      const [first, last, step] = values.map((value) => integerOf(value, 'States.ArrayRange')) as [
        number,
        number,
        number,
      ];
      if (step === 0) throw new InvalidArguments('Invalid arguments in States.ArrayRange: the increment must not be 0');
      const length = Math.max(0, Math.floor((last - first) / step) + 1);
      if (length > rangeMax) {
        throw new InvalidArguments(
          `Invalid arguments in States.ArrayRange: the range holds more than ${rangeMax} items`,
        );
      }
      return Array.from({ length }, (_, index) => first + index * step);
    },
  },
  'States.ArrayGetItem': {
    counts: [2, 2],
    apply([value, index]) {
      const list = listOf(value, 'States.ArrayGetItem');
      const item = list[integerOf(index, 'States.ArrayGetItem')];
      if (item === undefined)
        throw new InvalidArguments('Invalid arguments in States.ArrayGetItem: the index is out of range');
      return item;
    },
  },
  'States.ArrayLength': { counts: [1, 1], apply: ([value]) => listOf(value, 'States.ArrayLength').length },
  'States.ArrayUnique': {
    counts: [1, 1],
    apply: ([value]) => [
      ...new Map(listOf(value, 'States.ArrayUnique').map((item) => [canonical(item), item])).values(),
    ],
  },
};

/** The same text for equal values, whatever the order of their members. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
