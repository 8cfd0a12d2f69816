import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { setPassword, usersFile } from '../../access/users';
import { UsageError } from '../../flags';
import type { Verb } from '../verb';

export const password: Verb = {
  name: 'password',
  usage: ['[USER]'],
  operands: [0, 1],
  summary: 'sets the password of the dashboard, and of /admin where that asks for one [user admin]',
  details: [
    'It is typed, or read from standard input; at least 8 characters. A hash of it is kept in <workspace>/users.json.',
    'A running server knows it at once.',
  ],
  async run({ operands: [user = 'admin'], workspace, terminal }) {
    const given = await readPassword(user);
    await setPassword(workspace, user, given).catch((error: Error) => {
      throw new UsageError(error.message);
    });
    const file = usersFile(workspace);
    terminal.result({ user, file }, [`The password of ${user} is set in ${file}; a running server knows it already.`]);
  },
};

/** The typed text is not shown. */
async function readPassword(user: string): Promise<string> {
  const { stdin, stderr } = process;
  const nowhere = new Writable({ write: (_text, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY });
  if (stdin.isTTY) stderr.write(`New password of ${user}: `);
  for await (const line of lines) {
    if (stdin.isTTY) stderr.write('\n');
    lines.close();
    return line;
  }
  throw new UsageError('no password was given: type it, or give it on standard input');
}
