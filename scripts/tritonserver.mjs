import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './setup.mjs';

/** Triton's start loads no model; what takes long is CUDA's first look at the GPUs. */
const READY_WITHIN_MS = 300_000;
const STOP_WITHIN_MS = 45_000;
const HTTP_PORT = 8000;

/**
 * Starts the `tritonserver` that AIAA_TRITONSERVER names, as in NVIDIA's image, on 127.0.0.1: whoever reaches Triton may run code there.
 * AIAA_TRITONSERVER_FLAGS are more flags of its own; AIAA_TRITON_HTTP_PORT is the first of its three ports in a row (HTTP, gRPC, metrics).
 * @param {{ repository: string, logFile: string, ports?: { grpc: number, http: number, metrics: number }, user?: { uid: number, gid: number } }} options this user unless given
 * @returns {Promise<{ url: string, ports: object, process: import('node:child_process').ChildProcess, stop(): Promise<void> }>}
 */
export async function startTritonServer({ repository, logFile, user, ports = portsOfEnvironment() }) {
  mkdirSync(repository, { recursive: true });
  const listening = Object.entries(ports).flatMap(([name, port]) => [
    `--${name}-address=127.0.0.1`,
    `--${name}-port=${port}`,
  ]);
  const args = [
    `--model-repository=${repository}`,
    '--model-control-mode=explicit',
    '--strict-readiness=false',
    '--exit-on-error=false',
    // Kept request objects keep the memory of the largest volume they ever held.
    '--grpc-infer-allocation-pool-size=0',
    '--log-format=ISO8601',
    ...(refusesClientMemory(process.env.NVIDIA_TRITON_SERVER_VERSION) ? ['--allow-client-shm=true'] : []),
    ...listening,
    ...(process.env.AIAA_TRITONSERVER_FLAGS ?? '').split(/\s+/).filter(Boolean),
  ];
  const log = openSync(logFile, 'a');
  // A group of its own: Ctrl-C reaches the gateway first, which drains before Triton is told to stop.
  const child = spawn(process.env.AIAA_TRITONSERVER, args, {
    detached: true,
    stdio: ['ignore', log, log],
    // ONNX Runtime reports to its maker otherwise. Its folder and home may be closed to that user; frameworks keep compiled kernels in the latter.
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', ...(user && { HOME: '/tmp' }) },
    ...(user && { ...user, cwd: '/' }),
  });
  if (child.pid) writeFileSync(join(dirname(logFile), 'triton.pid'), `${child.pid}\n`);
  const failed = once(child, 'error').then(([error]) => {
    throw new SetupError(`${process.env.AIAA_TRITONSERVER} cannot be started: ${error.message}`);
  });
  failed.catch(() => {});
  // Triton must not outlive this process, whatever ends it.
  process.once('exit', () => child.exitCode === null && child.kill('SIGKILL'));

  for (const deadline = Date.now() + READY_WITHIN_MS; !(await isLive(ports.http));) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new SetupError(
        `Triton did not start: exit code ${child.exitCode ?? child.signalCode}. Its log: ${logFile}`,
      );
    if (Date.now() > deadline)
      throw new SetupError(`Triton was not ready within ${READY_WITHIN_MS / 1000} s. Its log: ${logFile}`);
    await Promise.race([sleep(250), failed]);
  }
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(late);
  };
  return { url: `grpc://127.0.0.1:${ports.grpc}`, ports, process: child, stop };
}

/**
 * Whether a release of NVIDIA's image, such as 26.11, shares no memory with clients unless a flag says so; older ones refuse to start with
 * that flag. The images have their release in their environment.
 */
export function refusesClientMemory(release = '') {
  const [year, month] = release.split('.').map(Number);
  return year > 26 || (year === 26 && month >= 4);
}

function portsOfEnvironment() {
  const http = Number(process.env.AIAA_TRITON_HTTP_PORT ?? HTTP_PORT);
  return { http, grpc: http + 1, metrics: http + 2 };
}

async function isLive(port) {
  const asked = fetch(`http://127.0.0.1:${port}/v2/health/live`, { signal: AbortSignal.timeout(2000) });
  return asked.then(({ ok }) => ok).catch(() => false);
}
