import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '../../scripts/gateway-process.mjs';
import { startTriton } from '../../scripts/local-triton.mjs';

/**
 * Runs `work` with a temporary folder and a real Triton on an empty repository; afterwards nothing of them is left, also after a failure
 * or Ctrl-C.
 * @template T
 * @param {(bench: Bench) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withTriton(work) {
  const folder = mkdtempSync(join(tmpdir(), 'aiaa-bench-'));
  const bench = new Bench(folder);
  const interrupted = () => void bench.close().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupted);
  try {
    await bench.open();
    return await work(bench);
  } finally {
    await bench.close();
  }
}

class Bench {
  #running = [];

  constructor(folder) {
    this.folder = folder;
    this.repository = join(folder, 'models', 'repo');
  }

  async open() {
    this.triton = await startTriton({
      repository: this.repository,
      logFile: join(this.folder, 'triton.log'),
      readyFile: join(this.folder, 'triton.json'),
    });
    this.#running.push(this.triton);
  }

  /** The built gateway as a process of its own, in front of this Triton. All of them share the workspace: one at a time. */
  async startGateway(flags = {}) {
    const all = {
      host: '127.0.0.1',
      port: 0,
      workspace: join(this.folder, 'workspace'),
      model_repository: this.repository,
      triton_url: this.triton.url,
      ...flags,
    };
    const gateway = await startGateway(
      Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]),
      { quiet: true },
    );
    this.#running.push(gateway);
    return { url: `http://127.0.0.1:${gateway.port}`, pid: gateway.process.pid, stop: gateway.stop };
  }

  /** Triton's own account of a model since it was loaded: milliseconds in its queue and in its computation. */
  async modelMs(model) {
    const response = await fetch(`http://127.0.0.1:${this.triton.ports.http}/v2/models/${model}/stats`);
    const [{ inference_stats: stats }] = (await response.json()).model_stats;
    return ['queue', 'compute_input', 'compute_infer', 'compute_output'].reduce(
      (ms, key) => ms + stats[key].ns / 1e6,
      0,
    );
  }

  async close() {
    while (this.#running.length) await this.#running.pop().stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Most memory that the process ever had resident, in MB; undefined where the system does not tell. */
export function peakMemory(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return undefined;
  }
}

/** MB that the gateway of this process id holds in shared memory for tensors; Triton maps the same pages. */
export function sharedMemory(pid) {
  try {
    const own = readdirSync('/dev/shm').filter((name) => name.startsWith(`aiaa_gateway_${pid}_`));
    return own.reduce((sum, name) => sum + statSync(join('/dev/shm', name)).size, 0) / 2 ** 20;
  } catch {
    return undefined;
  }
}
