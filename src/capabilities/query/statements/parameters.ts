/** The arguments of `EXECUTE … USING a, b` as they were written: each is cut out of the text. */
import { parseExpression, type StatementOf } from '#languages/sql/index';

export function argumentTexts(statement: StatementOf<'execute'>, text: string): string[] {
  const using = /\busing\b/i.exec(text);
  const rest = using === null ? '' : text.slice(using.index + using[0].length).replace(/;\s*$/, '');
  const pieces = splitAtCommas(rest);
  // Where a comma stands inside an argument in a way that is not seen here, the counts differ.
  return pieces.length === statement.arguments.length ? pieces : [rest];
}

/** Whether the text is one expression that stands for a value. */
export function isExpression(text: string): boolean {
  try {
    parseExpression(text);
    return true;
  } catch {
    return false;
  }
}

function splitAtCommas(text: string): string[] {
  const pieces: string[] = [];
  let depth = 0;
  let quote = '';
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    else if (character === ',' && depth === 0) {
      pieces.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return [...pieces, text.slice(start).trim()];
}
