import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from '../until';

const root = path.join(__dirname, '../..');

export interface RealTriton {
  grpcUrl: string;
  httpUrl: string;
  metricsUrl: string;
  /** The model repository it serves. */
  repository: string;
  /** The supervisor: `triton-local/start.py`. */
  pid: number;
  /** tritonserver itself. */
  tritonPid: number;
  /** Ends it at once (to unload its models takes it seconds), and removes its temporary files. */
  stop(): Promise<void>;
  /** Kills the server and its supervisor without a warning. {@link stop} is still needed. */
  kill9(): Promise<void>;
  /** Triton's log so far. */
  log(): string;
}

export interface RealTritonOptions {
  /** @default a new, empty temporary one */
  repository?: string;
  /** @default a temporary file */
  log?: string;
  /** 0 takes a free one. Give the one of a Triton that was stopped to start it "again". @default 0 */
  grpcPort?: number;
}

/**
 * Starts a real Triton (CPU, Python backends, explicit model control) on free ports of 127.0.0.1; installs it when it
 * is missing. Whoever starts one must stop it.
 */
export async function startRealTriton(options: RealTritonOptions = {}): Promise<RealTriton> {
  await promisify(execFile)('python3', [path.join(root, 'triton-local/install.py')]);
  const workspace = mkdtempSync(path.join(tmpdir(), 'real-triton-'));
  const repository = options.repository ?? path.join(workspace, 'repository');
  const log = options.log ?? path.join(workspace, 'triton.log');
  const readyFile = path.join(workspace, 'ready.json');
  mkdirSync(repository, { recursive: true });
  const ports = ['--grpc-port', String(options.grpcPort ?? 0), '--http-port', '0', '--metrics-port', '0'];
  const files = ['--model-repository', repository, '--ready-file', readyFile, '--log-file', log];
  const child = spawn('python3', [path.join(root, 'triton-local/start.py'), ...ports, ...files], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (text) => (complaint += text));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  await until(() => existsSync(readyFile) || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`Triton did not start: ${complaint}\n${readLog(log)}`);
  const ready = JSON.parse(readFileSync(readyFile, 'utf8')) as Ready;
  const kill9 = async (): Promise<void> => {
    kill(ready.tritonPid, 'SIGKILL');
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
  };
  return {
    grpcUrl: `grpc://${ready.host}:${ready.grpc}`,
    httpUrl: `http://${ready.host}:${ready.http}`,
    metricsUrl: `http://${ready.host}:${ready.metrics}/metrics`,
    repository,
    pid: ready.pid,
    tritonPid: ready.tritonPid,
    log: () => readLog(log),
    kill9,
    async stop() {
      await kill9();
      rmSync(workspace, { recursive: true, force: true });
    },
  };
}

/** Python models of the tests: `tests/system/models/<source>/model.py`. */
export type TestModel = 'identity' | 'versioned' | 'sleep' | 'none-answer' | 'failing' | 'crash' | 'broken';

export interface AddModelOptions {
  /** Name in Triton. @default the source */
  name?: string;
  /**
   * Body of config.pbtxt, without name, backend and instance group. @default one free-shaped FP32 input IN and output
   * OUT
   */
  config?: string;
  /** Files put beside model.py. */
  files?: Record<string, string>;
}

/** Puts a Python model into a repository; it still has to be loaded. */
export function addModel(repository: string, source: TestModel, options: AddModelOptions = {}): string {
  const { name = source, files = {} } = options;
  const config = options.config ?? tensorConfig();
  const folder = path.join(repository, name);
  mkdirSync(path.join(folder, '1'), { recursive: true });
  cpSync(path.join(__dirname, 'models', source, 'model.py'), path.join(folder, '1/model.py'));
  for (const [file, content] of Object.entries(files)) writeFileSync(path.join(folder, '1', file), content);
  writeFileSync(
    path.join(folder, 'config.pbtxt'),
    `name: "${name}"\nbackend: "python"\ninstance_group [{ count: 1 kind: KIND_CPU }]\n${config}\n`,
  );
  return name;
}

/** `max_batch_size` and one tensor in and out, as text of a config.pbtxt. */
export function tensorConfig({ type = 'TYPE_FP32', dims = [-1], maxBatchSize = 0 } = {}): string {
  const tensor = (name: string) => `{ name: "${name}" data_type: ${type} dims: [ ${dims.join(', ')} ] }`;
  return `max_batch_size: ${maxBatchSize}\ninput [ ${tensor('IN')} ]\noutput [ ${tensor('OUT')} ]`;
}

/** Regions of gateways in shared memory. A test that used some must find none afterwards. */
export function regionsInSharedMemory(): string[] {
  return readdirSync('/dev/shm').filter((name) => name.startsWith(`aiaa_gateway_${process.pid}_`));
}

interface Ready {
  pid: number;
  tritonPid: number;
  host: string;
  http: number;
  grpc: number;
  metrics: number;
}

function readLog(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}
