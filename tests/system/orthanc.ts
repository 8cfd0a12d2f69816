import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../until';
import { describeThatNeeds } from '../needs';

const binaries = ['/usr/sbin/Orthanc', '/usr/local/sbin/Orthanc', '/usr/bin/Orthanc'];
const plugins = [
  '/usr/share/orthanc/plugins/libOrthancDicomWeb.so',
  '/usr/local/share/orthanc/plugins/libOrthancDicomWeb.so',
];

/** Where Orthanc is, or undefined; nothing is installed for a test (Debian: apt-get install orthanc orthanc-dicomweb). */
export const orthancBinary = (): string | undefined => binaries.find((file) => existsSync(file));

/** `describe` for tests against a real Orthanc; without one there is a skipped test that says so. */
export function describeWithOrthanc(name: string, tests: () => void): void {
  const usable = orthancBinary() && spawnSync(orthancBinary()!, ['--version']).status === 0;
  describeThatNeeds('orthanc and orthanc-dicomweb', usable)(name, tests);
}

export interface Orthanc {
  url: string;
  dicomPort: number;
  /** Stores DICOM files. */
  upload(files: readonly Buffer[]): Promise<void>;
  /** What it has logged so far, DICOM commands among it. */
  log(): string;
  stop(): Promise<void>;
}

export interface OrthancOptions {
  /** Where C-MOVE may send images to. */
  modality?: { title: string; port: number };
  /** @default true */
  allowGet?: boolean;
}

/** Starts an Orthanc of its own on free ports of 127.0.0.1 with an empty temporary storage. */
export async function startOrthanc({ modality, allowGet = true }: OrthancOptions = {}): Promise<Orthanc> {
  const folder = mkdtempSync(path.join(tmpdir(), 'orthanc-'));
  const [httpPort, dicomPort] = [await freePort(), await freePort()];
  const configuration = {
    StorageDirectory: path.join(folder, 'storage'),
    IndexDirectory: path.join(folder, 'storage'),
    HttpPort: httpPort,
    HttpBindAddresses: ['127.0.0.1'],
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomPort: dicomPort,
    DicomAet: 'ORTHANC',
    DicomAlwaysAllowGet: allowGet,
    DicomAlwaysAllowFind: true,
    DicomAlwaysAllowMove: true,
    DicomModalities: modality
      ? { gateway: { AET: modality.title, Host: '127.0.0.1', Port: modality.port, AllowGet: allowGet } }
      : {},
    Plugins: plugins.filter((file) => existsSync(file)),
  };
  const file = path.join(folder, 'orthanc.json');
  writeFileSync(file, JSON.stringify(configuration));
  const child = spawn(orthancBinary()!, ['--verbose', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const url = `http://127.0.0.1:${httpPort}`;
  await untilUp(child, url, () => said);
  return {
    url,
    dicomPort,
    async upload(files) {
      for (const content of files) {
        const response = await fetch(`${url}/instances`, { method: 'POST', body: content as Buffer<ArrayBuffer> });
        if (!response.ok) throw new Error(`Orthanc refused a file: ${await response.text()}`);
      }
    },
    log: () => said,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilUp(child: ChildProcess, url: string, said: () => string): Promise<void> {
  const answers = () => fetch(`${url}/system`).then(({ ok }) => ok, () => false); // prettier-ignore
  await until(async () => child.exitCode !== null || answers());
  if (child.exitCode !== null) throw new Error(`Orthanc ended with ${child.exitCode}: ${said()}`);
}
