import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkpoint } from '../packages/nnunet/pickle-builder';
import { small } from '../packages/nnunet/small-network';
import { zipOf } from '../packages/zip-builder';
import { documentedCommands, notRun, type Documented } from './documented-commands';
import { brightConfig, identityModel } from './onnx-builder';
import { smallImage } from './small-image';
import { until } from '../until';

const root = path.join(__dirname, '../..');
const all = documentedCommands();
const reasonFor = ({ command }: Documented) => notRun.find(([pattern]) => pattern.test(command))?.[1];
const runnable = all.filter((one) => !reasonFor(one));
const isStart = ({ command }: Documented) => command.startsWith('aiaa-gateway start -b');
const isStop = ({ command }: Documented) => command.startsWith('aiaa-gateway stop');

let folder: string;
let port: number;

const typed = (command: string) =>
  command
    .replace(
      /http:\/\/(HOST|localhost|127\.0\.0\.1):5000/g,
      (_, host) => `http://${host === 'HOST' ? '127.0.0.1' : host}:${port}`,
    )
    .replace('--port 5000', `--port ${port}`);

/** As somebody types it in a shell, with the server's address here in place of the documents'. */
function run({ command }: Documented): { status: number | null; output: string } {
  const env = {
    ...process.env,
    PATH: `${folder}/bin:${process.env.PATH}`,
    AIAA_HOST: '127.0.0.1',
  };
  // curl is silent about a refusal unless told to fail.
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', typed(command).replace(/^curl /, 'curl -sS --fail-with-body ')],
    {
      cwd: folder,
      env,
      encoding: 'utf8',
    },
  );
  return { status, output: stdout + stderr };
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'documents-'));
  mkdirSync(path.join(folder, 'bin'));
  const shim = path.join(folder, 'bin/aiaa-gateway');
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${root}/scripts/aiaa-gateway.mjs' "$@"\n`);
  chmodSync(shim, 0o755);
  for (const name of ['config_aiaa.json', 'model.onnx'])
    copyFileSync(path.join(root, 'samples/spleen_ct', name), path.join(folder, name));
  writeFileSync(path.join(folder, 'ct.nii.gz'), await smallImage(2));
  const model = { 'config/config_aiaa.json': JSON.stringify(brightConfig()), 'models/model.onnx': identityModel() };
  writeFileSync(path.join(folder, 'bright.zip'), zipOf(model));
  const trained = small();
  const results = {
    'plans.json': JSON.stringify(trained.plans),
    'dataset.json': JSON.stringify(trained.dataset),
    'fold_0/checkpoint_final.pth': checkpoint(trained),
  };
  writeFileSync(path.join(folder, 'model.zip'), zipOf(results));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  server.close();
  expect(run(runnable.find(isStart)!)).toMatchObject({ status: 0 });
  await until(isReady);
});

/** The sample is loaded. */
async function isReady(): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/models?model=spleen_ct`).catch(() => undefined);
  return answer?.ok === true;
}

afterAll(() => {
  run({ document: '', command: 'aiaa-gateway stop --workspace workspace' });
  rmSync(folder, { recursive: true, force: true });
});

test('every command that is not run has a reason, each reason a command, and the files it names are there', () => {
  expect(runnable.length).toBeGreaterThan(15);
  for (const [pattern, reason] of notRun) {
    expect([String(pattern), all.some(({ command }) => pattern.test(command))]).toEqual([String(pattern), true]);
    for (const file of reason.match(/tests\/\S+\.ts/g) ?? [])
      expect([file, existsSync(path.join(root, file))]).toEqual([file, true]);
  }
});

// The guide that starts, deletes and stops comes last.
const inOrder = [...runnable].filter((one) => !isStart(one)).sort((a, b) => rank(a) - rank(b));
function rank(one: Documented): number {
  return isStop(one) ? 2 : one.document.endsWith('command-line.md') ? 1 : 0;
}

test.each(inOrder.map((one) => [one.document, one.command, one] as const))('%s: %s', (_document, _command, one) => {
  const { status, output } = run(one);
  expect({ status, output }).toEqual({ status: 0, output: expect.any(String) });
});
