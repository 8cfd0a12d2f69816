import { UsageError } from '../flags';
import { flagsOf, type Verb } from './verb';

/** Scripts of each shell that complete verbs, flags and the words after a verb; elsewhere files. */
export const completionScripts = { bash, zsh, fish };

const shells = Object.keys(completionScripts);

/** The verb that prints a shell's completion of the others and of itself. */
export function completion(others: readonly Verb[]): Verb {
  const verb: Verb = {
    name: 'completion',
    usage: [shells.join('|')],
    operands: [1, 1],
    summary: 'prints the completion of a shell',
    details: [
      'bash: source <(aiaa-gateway completion bash), in ~/.bashrc',
      'zsh: aiaa-gateway completion zsh > a file _aiaa-gateway in a folder of $fpath',
      'fish: aiaa-gateway completion fish > ~/.config/fish/completions/aiaa-gateway.fish',
    ],
    words: shells,
    run: async ({ operands: [shell], terminal }) => {
      if (!shells.includes(shell)) throw new UsageError(`completion "${shell}": expected ${shells.join(', ')}`);
      const script = completionScripts[shell as keyof typeof completionScripts]([...others, verb]);
      terminal.result({ shell, script }, [script.trimEnd()]);
    },
  };
  return verb;
}

/** Prints the names of the server's models; nothing where none answers. */
const MODELS = 'aiaa-gateway list --names --timeout 2 2>/dev/null';

/** Whether a value has to follow a flag. */
const takesValue = ({ value, optional }: { value?: string; optional?: boolean }) => value !== undefined && !optional;

function bash(verbs: readonly Verb[]): string {
  const cases = verbs.map((verb) => {
    const words = [...(verb.words ?? []), ...Object.keys(flagsOf(verb)).map((name) => `--${name}`)];
    return `      ${verb.name}) words="${words.join(' ')}${verb.models ? ` $(${MODELS})` : ''}" ;;`;
  });
  return `# bash completion of aiaa-gateway
_aiaa_gateway() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${verbs.map(({ name }) => name).join(' ')}"
  else
    case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _aiaa_gateway aiaa-gateway
`;
}

function zsh(verbs: readonly Verb[]): string {
  const quote = (text: string) => text.replace(/'/g, "'\\''").replace(/[[\]:]/g, '\\$&');
  const cases = verbs.map((verb) => {
    const flags = Object.entries(flagsOf(verb)).map(
      ([name, flag]) => `'--${name}[${quote(flag.meaning)}]${takesValue(flag) ? ':value:_files' : ''}'`,
    );
    const models = verb.models ? [`'1:model:($(${MODELS}))'`] : [];
    const rest = verb.words ? `'*:word:(${verb.words.join(' ')})'` : "'*:file:_files'";
    return `    ${verb.name}) _arguments ${[...flags, ...models, rest].join(' ')} ;;`;
  });
  const names = verbs.map(({ name, summary }) => `    '${name}:${quote(summary)}'`);
  return `#compdef aiaa-gateway
_aiaa_gateway() {
  local -a verbs=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'verb' verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "_aiaa-gateway" ]; then
  _aiaa_gateway "$@"
else
  compdef _aiaa_gateway aiaa-gateway
fi
`;
}

function fish(verbs: readonly Verb[]): string {
  const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = verbs.flatMap((verb) => {
    const when = `complete -c aiaa-gateway -n ${quote(`__fish_seen_subcommand_from ${verb.name}`)}`;
    const flags = Object.entries(flagsOf(verb)).map(
      ([name, flag]) =>
        `${when} -l ${name}${flag.short ? ` -s ${flag.short}` : ''}${takesValue(flag) ? ' -r' : ''} -d ${quote(flag.meaning)}`,
    );
    return [
      `complete -c aiaa-gateway -f -n __fish_use_subcommand -a ${verb.name} -d ${quote(verb.summary)}`,
      ...(verb.models ? [`${when} -a ${quote(`(${MODELS})`)}`] : []),
      ...(verb.words ? [`${when} -a ${quote(verb.words.join(' '))}`] : []),
      ...flags,
    ];
  });
  return `# fish completion of aiaa-gateway\n${lines.join('\n')}\n`;
}
