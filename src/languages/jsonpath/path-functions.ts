/** The functions at the end of a path: `$.orders.length()`, `$..price.sum()`. */

type Aggregate = (numbers: readonly number[]) => number;

const aggregates: Readonly<Record<string, Aggregate>> = {
  min: (numbers) => numbers.reduce((least, number) => Math.min(least, number)),
  max: (numbers) => numbers.reduce((most, number) => Math.max(most, number)),
  sum: (numbers) => numbers.reduce((sum, number) => sum + number, 0),
  avg: (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length,
  stddev: (numbers) => {
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    return Math.sqrt(numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / numbers.length);
  },
};

/** Undefined where the function has no answer, such as the least of nothing. */
export function applyPathFunction(name: string, value: unknown, operands: readonly unknown[]): unknown {
  const aggregate = Object.hasOwn(aggregates, name) ? aggregates[name] : undefined;
  if (aggregate) {
    const numbers = [...(Array.isArray(value) ? value : []), ...operands.flat()].filter(
      (item): item is number => typeof item === 'number',
    );
    return numbers.length === 0 ? undefined : aggregate(numbers);
  }
  switch (name) {
    case 'length':
    case 'size':
      return lengthOf(value);
    case 'keys':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : undefined;
    case 'concat':
      return [...(Array.isArray(value) ? value : []), ...operands.flat()].map((item) => String(item)).join('');
    case 'append':
      return Array.isArray(value) ? [...value, ...operands] : undefined;
    case 'first':
      return Array.isArray(value) ? value[0] : undefined;
    case 'last':
      return Array.isArray(value) ? value.at(-1) : undefined;
    default:
      return Array.isArray(value) && typeof operands[0] === 'number' ? value.at(operands[0]) : undefined;
  }
}

function lengthOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
}
