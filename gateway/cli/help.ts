import type { FlagTable } from './arguments';
import type { Verb } from './verb';

/** Flags of every verb that talks to a server. */
export const commonFlags: FlagTable = {
  server: {
    value: 'URL',
    meaning: 'the server [the one that runs on the workspace here, else http://127.0.0.1:5000]',
    environment: 'AIAA_SERVER',
  },
  workspace: {
    value: 'DIR',
    short: 'w',
    meaning: 'workspace of a server here [./workspace]',
    environment: 'AIAA_WORKSPACE',
  },
  json: { meaning: 'results as JSON on stdout, errors too' },
  timeout: { value: 'SECONDS', meaning: 'deadline of a call' },
  user: { value: 'NAME', meaning: "user of the server's administration", environment: 'AIAA_ADMIN_USER' },
  password: {
    value: 'TEXT',
    meaning: 'its password; better by AIAA_ADMIN_PASSWORD, or a file that AIAA_ADMIN_PASSWORD_FILE names',
    environment: 'AIAA_ADMIN_PASSWORD',
  },
  ca: { value: 'FILE', meaning: "certificate authority of the server's certificate (PEM)" },
  insecure: { meaning: 'take any certificate' },
  help: { short: 'h', meaning: 'this text' },
};

const codes = [
  '0 done; 1 refused by the server, or failed; 2 wrong usage; 3 nothing answers there;',
  '4 status: not ready, stop: nothing to stop; 5 the deadline passed',
];

export function generalHelp(verbs: readonly Verb[]): string {
  const width = Math.max(...verbs.map(({ name }) => name.length));
  return text([
    'Usage: aiaa-gateway VERB [operands] [flags]',
    '',
    ...verbs.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Flags of the verbs that talk to a server:',
    ...flagLines(commonFlags),
    '',
    `Exit codes: ${codes[0]}`,
    `            ${codes[1]}`,
    '',
    'aiaa-gateway VERB --help tells more.',
  ]);
}

export function verbHelp({ name, usage, summary, details = [], flags = {}, timeoutSeconds, run }: Verb): string {
  return text([
    ...usage.map((one, at) => `${at === 0 ? 'Usage:' : '      '} aiaa-gateway ${name} ${one}`.trimEnd()),
    '',
    `  ${summary}.`,
    ...details.map((line) => `  ${line}`),
    ...(run
      ? [
          '',
          ...flagLines({ ...flags, ...commonFlags }),
          '',
          `The deadline is ${timeoutSeconds} s unless --timeout says otherwise.`,
        ]
      : []),
  ]);
}

export function flagLines(flags: FlagTable): string[] {
  return Object.entries(flags).map(([name, { value, short, meaning, environment }]) => {
    const spelled = [`--${name}`, value].filter(Boolean).join(' ') + (short ? `, -${short}` : '');
    return `  ${spelled.padEnd(20)} ${meaning}${environment ? ` (environment: ${environment})` : ''}`;
  });
}

const text = (lines: string[]) => `${lines.join('\n')}\n`;
