/** Follows brackets and strings through pieces of JSON text, without parsing it. */
export class Balance {
  depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** @returns the place behind the bracket that brings the depth down to `target`, or -1 when the piece ends before */
  scan(text: string, from: number, target: number): number {
    let at = from;
    for (; at < text.length; at += 1) {
      if (this.#isInString) {
        at = this.#endOfString(text, at);
        continue;
      }
      const code = text.charCodeAt(at);
      if (code === 0x22) this.#isInString = true;
      else if (code === 0x7b || code === 0x5b) this.depth += 1;
      else if (code === 0x7d || code === 0x5d) {
        this.depth -= 1;
        if (this.depth <= target) return at + 1;
      }
    }
    return -1;
  }

  /** The place of the closing quote, or the last place of the piece. */
  #endOfString(text: string, from: number): number {
    let at = from;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      at += 1;
    }
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.#isInString = false;
        return at;
      }
      if (code !== 0x5c) continue;
      at += 1;
      if (at >= text.length) this.#isEscaped = true;
    }
    return at;
  }
}

/** Whether brackets in `text` nest deeper than `depthMax`; stops looking there. */
export function isDeeperThan(text: string, depthMax: number): boolean {
  if (text.length <= depthMax) return false;
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isInString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) isInString = false;
    } else if (code === 0x22) isInString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}

/**
 * The start of a document made whole: cut back to the last element that is complete, brackets closed.
 * @returns undefined when nothing in it is complete
 */
export function closeTruncated(text: string): string | undefined {
  const closers: string[] = [];
  let safe: { at: number; closers: string } | undefined;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    if (isInString) {
      if (character === '\\') at += 1;
      else if (character === '"') isInString = false;
      continue;
    }
    if (character === '"') isInString = true;
    else if (character === '{') closers.push('}');
    else if (character === '[') closers.push(']');
    else if (character === '}' || character === ']') {
      closers.pop();
      safe = { at: at + 1, closers: closers.toReversed().join('') };
    } else if (character === ',') safe = { at, closers: closers.toReversed().join('') };
    if (closers.length > 500) return undefined;
  }
  return safe === undefined ? undefined : `${text.slice(0, safe.at)}${safe.closers}`;
}
