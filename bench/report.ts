/** How a benchmark tells its figures: what was measured, beside what was asked, with the peer or floor of the same run. */

export interface Figure {
  readonly name: string;
  /** Measured, with its unit. */
  readonly measured: string;
  /** What the goal is, such as `<= 1.15 x`. */
  readonly asked: string;
  readonly met: boolean;
  /** The floor or peer of the same run, in words. */
  readonly against?: string;
}

export function printFigures(figures: readonly Figure[]): void {
  for (const { name, measured, asked, met, against } of figures) {
    console.log(
      `${met ? 'met   ' : 'MISSED'} ${name}: ${measured} (asked ${asked})${against === undefined ? '' : `; ${against}`}`,
    );
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function ms(value: number): string {
  return value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value)} ms`;
}
