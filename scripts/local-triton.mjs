import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cache, findPython, root, SetupError } from './setup.mjs';

const READY_WITHIN_MS = 60_000;

/**
 * Starts the local Triton as a child that dies with this process.
 * @param {{ repository: string, logFile: string, readyFile: string, ports?: { grpc: number, http: number, metrics: number }, user?: { uid: number, gid: number } }} options free ports and this user unless given
 * @returns {Promise<{ url: string, ports: object, process: import('node:child_process').ChildProcess, stop(): Promise<void> }>}
 */
export async function startTriton({ repository, logFile, readyFile, user, ports = { grpc: 0, http: 0, metrics: 0 } }) {
  rmSync(readyFile, { force: true });
  const flags = Object.entries(ports).flatMap(([name, port]) => [`--${name}-port`, String(port)]);
  const args = [
    join(root, 'triton-local', 'start.py'),
    '--model-repository',
    repository,
    '--log-file',
    logFile,
    '--ready-file',
    readyFile,
    ...flags,
    ...(user ? ['--user', `${user.uid}:${user.gid}`] : []),
  ];
  // A group of its own: Ctrl-C reaches the gateway first, which drains before Triton is told to stop.
  const child = spawn(findPython(), args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, AIAA_CACHE: cache },
  });
  let complaint = '';
  child.stderr.on('data', (text) => (complaint += text));

  const deadline = Date.now() + READY_WITHIN_MS;
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null)
      throw new SetupError(
        `Triton did not start: ${complaint.trim() || `exit code ${child.exitCode}`}. Its log: ${logFile}`,
      );
    if (Date.now() > deadline)
      throw new SetupError(`Triton was not ready within ${READY_WITHIN_MS / 1000} s. Its log: ${logFile}`);
    await sleep(50);
  }
  const ready = JSON.parse(readFileSync(readyFile, 'utf8'));
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };
  return {
    url: `grpc://127.0.0.1:${ready.grpc}`,
    ports: { grpc: ready.grpc, http: ready.http, metrics: ready.metrics },
    process: child,
    stop,
  };
}
