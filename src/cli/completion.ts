/** `millpond completion bash|zsh|fish`: made from the commands themselves, so that it cannot lag behind them. */
import type { Command } from 'commander';
import { CliError, exitCodes } from './exit.ts';

interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly string[];
}

export function completionScript(shell: string, program: Command): string {
  const verbs = program.commands.map((command): Verb => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    flags: [...command.options, ...program.options].flatMap((option) =>
      option.long === undefined || option.long === null ? [] : [option.long],
    ),
  }));
  switch (shell) {
    case 'bash':
      return bash(verbs);
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(verbs)}`;
    case 'fish':
      return fish(verbs);
    default:
      throw new CliError(`'${shell}' is not a shell this knows.`, exitCodes.usage, 'Use bash, zsh or fish.');
  }
}

function bash(verbs: readonly Verb[]): string {
  const cases = verbs.map(({ name, flags }) => `    ${name}) words="${flags.join(' ')}" ;;`).join('\n');
  return `_millpond() {
  local words="${verbs.map(({ name }) => name).join(' ')}" current="\${COMP_WORDS[COMP_CWORD]}"
  [ "$COMP_CWORD" -gt 1 ] && case "\${COMP_WORDS[1]}" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _millpond millpond
`;
}

function fish(verbs: readonly Verb[]): string {
  const lines = verbs.flatMap(({ name, summary, flags }) => [
    `complete -c millpond -n __fish_use_subcommand -a ${name} -d '${summary.replaceAll("'", '')}'`,
    ...flags.map((flag) => `complete -c millpond -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`),
  ]);
  return `${lines.join('\n')}\n`;
}
