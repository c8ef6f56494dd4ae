/**
 * Regular expressions of JSONata on an engine whose time is linear in the text, with the part of RegExp that the library uses.
 * Limit: a regular expression has neither look-around nor back references.
 */
import { RE2JS } from 're2js';

export class LinearRegExp {
  lastIndex = 0;
  private readonly pattern: RE2JS;

  constructor({ source, flags }: RegExp) {
    const bits = (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) | (flags.includes('m') ? RE2JS.MULTILINE : 0);
    this.pattern = RE2JS.compile(RE2JS.translateRegExp(source), bits);
  }

  exec(text: string): (string[] & { index: number }) | null {
    const matcher = this.pattern.matcher(text);
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    this.lastIndex = matcher.end();
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) as string);
    return Object.assign(groups, { index: matcher.start() });
  }
}
