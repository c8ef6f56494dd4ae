/** Inputs and outputs as they may be written down: without streams and binary data, secrets hidden. */
import type { Member, Shape } from './model.ts';

/** CloudTrail's own words for what it does not show. */
const hidden = 'HIDDEN_DUE_TO_SECURITY_REASONS';

type Redact = (value: unknown) => unknown;

export class Redactor {
  readonly #compiled = new WeakMap<Shape, Redact>();

  /** A copy fit for the audit trail. */
  redact(member: Member | undefined, value: unknown): unknown {
    if (member === undefined || value === undefined || value === null) return undefined;
    return this.#redact(member, value);
  }

  #redact(member: Member, value: unknown): unknown {
    if (member.traits.sensitive === true) return hidden;
    if (member.shape.type === 'blob' || member.shape.raw.eventstream === true) return undefined;
    if (member.shape.isDocument || !['structure', 'list', 'map'].includes(member.shape.type)) return value;
    let redact = this.#compiled.get(member.shape);
    if (redact === undefined) {
      redact = this.#compile(member.shape);
      this.#compiled.set(member.shape, redact);
    }
    return redact(value);
  }

  #compile(shape: Shape): Redact {
    if (shape.type === 'list') {
      const { item } = shape;
      return (value) =>
        Array.from(value as Iterable<unknown>, (child) => (child === null ? null : this.#redact(item, child)));
    }
    if (shape.type === 'map') {
      const item = shape.value;
      return (value) => fromEntries(Object.entries(value as object), (_, child) => this.#redact(item, child));
    }
    const { members } = shape;
    return (value) =>
      fromEntries(Object.entries(value as object), (name, child) => {
        const member = members.get(name);
        return member === undefined ? undefined : this.#redact(member, child);
      });
  }
}

function fromEntries(
  entries: readonly [string, unknown][],
  map: (name: string, value: unknown) => unknown,
): Record<string, unknown> {
  const kept: [string, unknown][] = [];
  for (const [name, value] of entries) {
    const mapped = value === undefined || value === null ? undefined : map(name, value);
    if (mapped !== undefined) kept.push([name, mapped]);
  }
  return Object.fromEntries(kept);
}
