// npm run password [-- --workspace DIR] [USER]: sets the password of the dashboard (and of /admin, where that asks for one). It is read from the terminal, or from standard input.
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { exitWith, root, setUp, SetupError } from './setup.mjs';

async function main() {
  setUp({ triton: false });
  const { workspace, user } = readArguments(process.argv.slice(2));
  const password = await readPassword(user);
  const { setPassword, usersFile } = createRequire(import.meta.url)(join(root, 'dist', 'access', 'users-file.js'));
  try {
    await setPassword(workspace, user, password);
  } catch (error) {
    throw new SetupError(error.message);
  }
  console.log(`The password of ${user} is set in ${usersFile(workspace)}; a running server knows it already.`);
}

function readArguments(args) {
  const at = args.indexOf('--workspace');
  const [, named] = at < 0 ? [] : args.splice(at, 2);
  if (args.length > 1 || args[0]?.startsWith('-') || (at >= 0 && !named))
    throw new SetupError('usage: npm run password [-- --workspace DIR] [USER]');
  return { workspace: resolve(named ?? process.env.AIAA_WORKSPACE ?? 'workspace'), user: args[0] ?? 'admin' };
}

/** What is typed is not shown. */
async function readPassword(user) {
  const { stdin, stdout } = process;
  const nowhere = new Writable({ write: (_text, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY });
  if (stdin.isTTY) stdout.write(`New password of ${user}: `);
  for await (const line of lines) {
    if (stdin.isTTY) stdout.write('\n');
    lines.close();
    return line;
  }
  throw new SetupError('No password was given.');
}

main().catch(exitWith);
