/**
 * Arguments of a run inside a SQL script.
 *
 * `:name` is the argument as a string literal. `${name}` is its text where it stands: inside quotes it is escaped for
 * those quotes, outside it must be a number or an identifier such as `sales.orders`. So no argument can end a literal or
 * add a clause. Comments are left alone.
 */
import { scriptFailed } from '../errors.ts';
import type { Arguments } from '../job.ts';

const piece =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")|\$\{(?<insert>[^}]*)\}|(?<![\w:]):(?<literal>[A-Za-z]\w*)/g;

/**
 * @param values arguments with their leading dashes, as Glue passes them
 * @throws ScriptFailed naming the argument and the line
 */
export function bindArguments(script: string, values: Arguments): string {
  const text = (name: string, offset: number): string => {
    const found = Object.hasOwn(values, `--${name}`) ? values[`--${name}`] : undefined;
    if (found !== undefined) return found;
    throw scriptFailed(
      `The script uses the argument '${name}' in line ${lineAt(script, offset)}, and the run has no --${name}.`,
    );
  };
  return script.replace(piece, (...match) => {
    const whole = match[0];
    const offset = match.at(-3) as number;
    const { comment, quoted, insert, literal } = match.at(-1) as Record<string, string | undefined>;
    if (comment !== undefined) return whole;
    if (quoted !== undefined) return bindQuoted(quoted, (name) => text(name, offset));
    if (literal !== undefined) return quote(text(literal, offset), "'");
    return plain(insert ?? '', text(insert ?? '', offset), lineAt(script, offset));
  });
}

function bindQuoted(quoted: string, text: (name: string) => string): string {
  const mark = quoted[0] ?? "'";
  return quoted.replace(/\$\{([^}]*)\}/g, (_whole, name: string) => text(name).replaceAll(mark, mark + mark));
}

function plain(name: string, value: string, line: number): string {
  if (/^-?\d+(?:\.\d+)?$/.test(value) || /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){0,2}$/.test(value)) return value;
  throw scriptFailed(
    `'\${${name}}' in line ${line} stands outside of quotes, where only a number or a name may be put, not '${value.slice(0, 80)}'. Write :${name} for a string.`,
  );
}

function quote(text: string, mark: string): string {
  return mark + text.replaceAll(mark, mark + mark) + mark;
}

function lineAt(script: string, offset: number): number {
  return script.slice(0, offset).split('\n').length;
}
