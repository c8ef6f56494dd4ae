/** The order in which resources can be made. */
import { validationError } from './errors.ts';

export type Dependencies = ReadonlyMap<string, readonly string[]>;

/**
 * Every name after the names it depends on, otherwise in the given order.
 * @throws ValidationError naming the circle
 */
export function orderByDependency(dependencies: Dependencies): string[] {
  const order: string[] = [];
  const done = new Set<string>();
  for (const start of dependencies.keys()) visit(start, dependencies, done, order);
  return order;
}

/** Depth first with a stack of its own, since a chain of dependencies may be as long as the template. */
function visit(start: string, dependencies: Dependencies, done: Set<string>, order: string[]): void {
  const trail: { name: string; next: number }[] = [{ name: start, next: 0 }];
  const onTrail = new Set([start]);
  while (trail.length > 0) {
    const top = trail[trail.length - 1];
    if (top === undefined || done.has(top.name)) {
      trail.pop();
      continue;
    }
    const needed = dependencies.get(top.name)?.[top.next];
    top.next += 1;
    if (needed === undefined) {
      done.add(top.name);
      order.push(top.name);
      onTrail.delete(top.name);
      trail.pop();
    } else if (onTrail.has(needed)) {
      throw circularDependency(
        trail.map((step) => step.name),
        needed,
      );
    } else if (dependencies.has(needed) && !done.has(needed)) {
      trail.push({ name: needed, next: 0 });
      onTrail.add(needed);
    }
  }
}

function circularDependency(trail: readonly string[], back: string): Error {
  const circle = trail.slice(trail.indexOf(back));
  const members = [...circle].sort().join(', ');
  return validationError(`Circular dependency between resources: [${members}] (${[...circle, back].join(' -> ')})`);
}
