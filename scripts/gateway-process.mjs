import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './setup.mjs';

/**
 * Starts the gateway as a child and waits until it listens. It stops by itself when this process goes away.
 * @param {string[]} flags
 * @param {{ quiet?: boolean, user?: { uid: number, gid: number } }} options `quiet`: only warnings on the terminal's error stream
 * @returns {Promise<{ port: number, process: import('node:child_process').ChildProcess, stop(): Promise<void> }>}
 */
export async function startGateway(flags, { quiet = false, user } = {}) {
  const child = spawn(process.execPath, [join(root, 'dist', 'main.js'), ...flags], {
    stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit', 'ipc'],
    ...user,
  });
  const listening = new Promise((resolve) =>
    child.on('message', (message) => message?.kind === 'listening' && resolve(message.port)),
  );
  const port = await Promise.race([
    listening,
    once(child, 'exit').then(([code]) => Promise.reject(new ExitError(code ?? 1))),
  ]);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };
  return { port, process: child, stop };
}

/** The gateway ended before it listened; it has said why itself. */
export class ExitError extends Error {
  constructor(code) {
    super(`the gateway ended with exit code ${code}`);
    this.code = code;
  }
}
