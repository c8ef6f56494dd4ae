/**
 * What instances run before a user's SQL: settings at once, macros when a piece of work names them. Making all macros
 * costs more than making the instance, and a query uses a few of them or none.
 */
interface Macro {
  readonly sql: string;
  /** Names of the macros that its body uses. */
  readonly uses: readonly string[];
}

const macroHead = /^\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP\s+)?MACRO\s+(\w+)\s*\(/i;
const word = /\w+/g;

export class Prelude {
  /** Statements that are no macros, in their order. */
  readonly settings: readonly string[];
  /** By lower-case name, in the order in which they can be made. */
  readonly #macros = new Map<string, Macro>();

  constructor(statements: readonly string[]) {
    const heads = statements.map((sql) => macroHead.exec(sql)?.[1]?.toLowerCase());
    const names = new Set(heads);
    this.settings = statements.filter((_, index) => heads[index] === undefined);
    for (const [index, name] of heads.entries()) {
      if (name === undefined) continue;
      const sql = statements[index] ?? '';
      this.#macros.set(name, { sql, uses: wordsOf(sql).filter((other) => other !== name && names.has(other)) });
    }
  }

  /** What makes the macros that the texts may use, and those that these use; a name in a string counts too. */
  macrosFor(texts: readonly string[]): string[] {
    const wanted = new Set<string>();
    const open = texts.flatMap(wordsOf);
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const macro = this.#macros.get(name);
      if (macro === undefined || wanted.has(name)) continue;
      wanted.add(name);
      open.push(...macro.uses);
    }
    return [...this.#macros].flatMap(([name, { sql }]) => (wanted.has(name) ? [sql] : []));
  }
}

function wordsOf(text: string): string[] {
  return [...new Set(text.toLowerCase().match(word))];
}
