import { listSettings } from '../settings';
import type { FlagTable } from './arguments';
import { commonFlags } from './help';
import type { Verb } from './verb';

export type Shell = 'bash' | 'zsh' | 'fish';

/** A flag as a shell offers it. */
interface Offer {
  name: string;
  short?: string;
  meaning: string;
  takesValue: boolean;
}

/** Scripts that complete verbs, flags and the words behind a verb; elsewhere files. */
export const completionScripts: Record<Shell, (verbs: readonly Verb[]) => string> = { bash, zsh, fish };

function offersOf(verb: Verb): Offer[] {
  if (!verb.raw) return offers({ ...verb.flags, ...commonFlags });
  const settings = listSettings().map(({ flag, value, meaning }) => ({
    name: flag.slice(2),
    meaning,
    takesValue: value !== 'BOOL',
  }));
  return [
    { name: 'background', short: 'b', meaning: 'return when the server listens', takesValue: false },
    ...settings,
  ];
}

function offers(flags: FlagTable): Offer[] {
  return Object.entries(flags).map(([name, { short, meaning, value }]) => ({
    name,
    short,
    meaning,
    takesValue: value !== undefined,
  }));
}

function bash(verbs: readonly Verb[]): string {
  const cases = verbs.map((verb) => {
    const words = [...(verb.words ?? []), ...offersOf(verb).map(({ name }) => `--${name}`)];
    return `    ${verb.name}) words="${words.join(' ')}" ;;`;
  });
  return `# bash completion of aiaa-gateway
_aiaa_gateway() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${verbs.map(({ name }) => name).join(' ')}"
  else
    case "\${COMP_WORDS[1]}" in
${cases.join('\n').replaceAll('    ', '      ')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _aiaa_gateway aiaa-gateway
`;
}

function zsh(verbs: readonly Verb[]): string {
  const cases = verbs.map((verb) => {
    const flags = offersOf(verb).map(
      ({ name, meaning, takesValue }) => `'--${name}[${zshText(meaning)}]${takesValue ? ':value:_files' : ''}'`,
    );
    const rest = verb.words ? `'*:word:(${verb.words.join(' ')})'` : "'*:file:_files'";
    return `    ${verb.name}) _arguments ${[...flags, rest].join(' ')} ;;`;
  });
  const names = verbs.map(({ name, summary }) => `    '${name}:${zshText(summary)}'`);
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

const zshText = (text: string) => text.replace(/'/g, "'\\''").replace(/[[\]:]/g, '\\$&');

function fish(verbs: readonly Verb[]): string {
  const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = verbs.flatMap((verb) => {
    const when = quote(`__fish_seen_subcommand_from ${verb.name}`);
    const flags = offersOf(verb).map(
      ({ name, short, meaning, takesValue }) =>
        `complete -c aiaa-gateway -n ${when} -l ${name}${short ? ` -s ${short}` : ''}${takesValue ? ' -r' : ''} -d ${quote(meaning)}`,
    );
    const words = verb.words ? [`complete -c aiaa-gateway -n ${when} -a ${quote(verb.words.join(' '))}`] : [];
    return [
      `complete -c aiaa-gateway -f -n __fish_use_subcommand -a ${verb.name} -d ${quote(verb.summary)}`,
      ...words,
      ...flags,
    ];
  });
  return `# fish completion of aiaa-gateway\n${lines.join('\n')}\n`;
}
