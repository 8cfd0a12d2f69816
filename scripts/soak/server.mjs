import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, SetupError } from '../setup.mjs';

const DISK = '512m';

/** `npm start` on a small disk of its own (a tmpfs, where root may mount one), as users run it: it keeps gateway and Triton. */
export async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  // Triton, another user where root starts it, gets through.
  chmodSync(folder, 0o711);
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const isSmall = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=755`, 'soak', disk]).status === 0;
  const port = await freePort();
  const log = openSync(join(folder, 'log'), 'a');
  const flags = ['--port', port, '--workspace', join(disk, 'workspace'), '--model_repository', join(disk, 'models/repo')]; // prettier-ignore
  const starter = spawn(process.execPath, [join(root, 'scripts/start.mjs'), ...flags.map(String)], {
    stdio: ['ignore', log, log],
  });
  const stop = async () => {
    if (starter.exitCode === null && starter.signalCode === null) {
      starter.kill('SIGTERM');
      await once(starter, 'exit');
    }
    if (isSmall) spawnSync('umount', ['--lazy', disk]);
    rmSync(folder, { recursive: true, force: true });
  };
  const pidOf = (pattern) => descendants(starter.pid).find((pid) => pattern.test(commandOf(pid)));
  return {
    url: `http://127.0.0.1:${port}`,
    /** Undefined where the disk is that of everybody, which nobody fills. */
    disk: isSmall ? disk : undefined,
    gateway: () => pidOf(/dist\/main\.js/),
    triton: () => pidOf(/^\S*tritonserver /),
    log: () => readFileSync(join(folder, 'log'), 'utf8'),
    isRunning: () => starter.exitCode === null && starter.signalCode === null,
    stop,
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

const commandOf = (pid) => textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

function descendants(pid) {
  const children = textOf(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Empty for what is gone. */
function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** What the two processes hold: memory of their own in MB, open files, threads; undefined while one is away. `load` is that of the machine. */
export function figuresOf(server) {
  const gateway = server.gateway();
  const shared = readdirSync('/dev/shm').filter((name) => name.startsWith(`aiaa_gateway_${gateway}_`));
  const used = server.disk && statfsSync(server.disk);
  return {
    gateway: processFigures(gateway),
    triton: processFigures(server.triton()),
    shared_memory_mb: Math.round(shared.reduce((sum, name) => sum + sizeOf(join('/dev/shm', name)), 0) / 2 ** 20),
    load: loadavg()[0],
    disk_mb: used && Math.round(((used.blocks - used.bfree) * used.bsize) / 2 ** 20),
  };
}

function processFigures(pid) {
  const status = pid && textOf(`/proc/${pid}/status`);
  const [memory, threads] = ['RssAnon', 'Threads'].map((key) => new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1]);
  if (memory === undefined) return undefined;
  try {
    const files = readdirSync(`/proc/${pid}/fd`).length;
    return { pid, memory_mb: Math.round(memory / 1024), files, threads: Number(threads) };
  } catch {
    return undefined;
  }
}

function sizeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** @throws SetupError with the end of its log where the server is not ready in time */
export async function untilReady(server, isReady, withinMs) {
  for (const end = Date.now() + withinMs; !(await isReady());) {
    if (!server.isRunning() || Date.now() > end)
      throw new SetupError(`the server is not ready:\n${server.log().slice(-3000)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
