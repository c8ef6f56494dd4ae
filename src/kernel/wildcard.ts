/**
 * Patterns in which `*` stands for any run of characters and, where asked, `?` for one: log filters, event patterns,
 * policy resources. Time is bounded by pattern times text, so a pattern from a user cannot stall the process.
 */

/** @param options.single whether `?` stands for exactly one character; it is an ordinary character otherwise */
export function matchesWildcard(pattern: string, text: string, options: { single?: boolean } = {}): boolean {
  let patternAt = 0;
  let textAt = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (textAt < text.length) {
    const symbol = pattern[patternAt];
    if (symbol === '*') {
      starAt = patternAt++;
      resumeAt = textAt;
    } else if (symbol === text[textAt] || (symbol === '?' && options.single === true)) {
      patternAt++;
      textAt++;
    } else if (starAt !== -1) {
      // The last star swallows one character more, and what follows it is tried again.
      patternAt = starAt + 1;
      textAt = ++resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[patternAt] === '*') patternAt++;
  return patternAt === pattern.length;
}
