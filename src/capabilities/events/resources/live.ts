import type { Properties } from '#capability';

/** Of the live properties those that the template says something of: the others have defaults. */
export function saidOf(live: Properties, said: Properties): Properties {
  return Object.fromEntries(Object.entries(live).filter(([name]) => said[name] !== undefined));
}
