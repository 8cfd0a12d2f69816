import { completionScripts, type Shell } from '../completion-scripts';
import { usageFailure } from '../failure';
import type { Verb } from '../verb';

const shells = Object.keys(completionScripts) as Shell[];

/** The verb that prints a shell's completion of the others. */
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
    timeoutSeconds: 30,
    words: shells,
    run: async ({ operands: [shell], terminal }) => {
      if (!shells.includes(shell as Shell)) throw usageFailure(`completion "${shell}": expected ${shells.join(', ')}`);
      const script = completionScripts[shell as Shell]([...others, verb]);
      terminal.result({ shell, script }, [script.trimEnd()]);
    },
  };
  return verb;
}
