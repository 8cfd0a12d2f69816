import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../until';

const root = path.join(__dirname, '../..');

export interface GatewayOptions {
  tritonUrl: string;
  /** The repository of that Triton. */
  repository: string;
  /** @default a new temporary one, removed by {@link RunningGateway.stop} */
  workspace?: string;
  /** More flags, for example `{ queue_size: 0 }`. */
  flags?: Record<string, string | number>;
  /** Name of the host it believes to be on: to others it is on another machine. @default this one */
  host?: string;
}

export interface RunningGateway {
  url: string;
  /** Of `--ssl_port`. */
  sslPort?: number;
  workspace: string;
  process: ChildProcess;
  /** Log lines so far. */
  log(): Record<string, unknown>[];
  /** Ends it as an operator would. */
  stop(): Promise<void>;
  kill9(): Promise<void>;
}

const temporary = new Set<string>();

/** Starts the built gateway as a process of its own on a free port of 127.0.0.1. Whoever starts one must stop it. */
export async function startGateway({
  tritonUrl,
  repository,
  workspace,
  flags = {},
  host,
}: GatewayOptions): Promise<RunningGateway> {
  const folder = workspace ?? mkdtempSync(path.join(tmpdir(), 'gateway-'));
  if (!workspace) temporary.add(folder);
  const all = {
    host: '127.0.0.1',
    port: 0,
    workspace: folder,
    triton_url: tritonUrl,
    model_repository: repository,
    ...flags,
  };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [path.join(root, 'dist/main.js'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: host === undefined ? process.env : { ...process.env, NODE_OPTIONS: `--import=${path.join(__dirname, 'other-host.mjs')}`, OTHER_HOST: host }, // prettier-ignore
  });
  let complaint = '';
  child.stderr!.on('data', (text) => (complaint += text));
  const exited = once(child, 'exit');
  const listening = new Promise<{ port: number; sslPort?: number }>((resolve) => child.on('message', resolve));
  const removeFolder = () => temporary.delete(folder) && rmSync(folder, { recursive: true, force: true });
  const { port, sslPort } = await Promise.race([
    listening,
    exited.then(([code]) => Promise.reject(new Error(`the gateway ended with ${code}: ${complaint}`))),
  ]).catch((error: unknown) => {
    removeFolder();
    throw error;
  });

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    sslPort,
    workspace: folder,
    process: child,
    log: () =>
      readFileSync(path.join(folder, 'logs/gateway.log'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    kill9: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      removeFolder();
    },
  };
}

/** Waits until the gateway says that it is ready: Triton answers and no model is being loaded. */
export async function untilReady({ url }: { url: string }): Promise<void> {
  await until(
    async () => (await fetch(`${url}/health/ready`)).text(),
    (text) => (JSON.parse(text) as { ready: boolean }).ready,
  );
}
