import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { FileLock } from '../../gateway/workspace/file-lock';
import { until } from '../until';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'file-lock-'));
  file = path.join(folder, 'locks', 'm');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('one has it, the next one gets it when it is given back', async () => {
  const [first, second] = [new FileLock(file), new FileLock(file)];
  expect(await first.tryToTake()).toBeUndefined();
  expect(await second.tryToTake()).toMatchObject({ pid: process.pid });
  expect([await first.isOurs(), await second.isOurs()]).toEqual([true, false]);
  const waiting = second.take();
  await first.release();
  await waiting;
  expect(await first.tryToTake()).toBeDefined();
  await second.release();
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

test('waiting can be given up', async () => {
  const [first, second] = [new FileLock(file), new FileLock(file)];
  await first.take();
  await expect(second.take(AbortSignal.timeout(80))).rejects.toThrow();
  await first.release();
});

test('a lock of a machine that has not been heard of for long is taken over, a fresh one is not', async () => {
  const lock = new FileLock(file);
  await lock.take();
  await lock.release();
  writeFileSync(file, JSON.stringify({ id: 'x', place: 'elsewhere', pid: 1, started: '1' }));
  expect(await lock.tryToTake()).toMatchObject({ place: 'elsewhere' });
  const longAgo = new Date(Date.now() - 20_000);
  utimesSync(file, longAgo, longAgo);
  expect(await lock.tryToTake()).toBeUndefined();
  await lock.release();
});

test('a lock of a process of this machine that is gone is taken over at once, also when its id is used again', async () => {
  const lock = new FileLock(file);
  await lock.take();
  const mine = JSON.parse(readFileSync(file, 'utf8')) as object;
  await lock.release();
  writeFileSync(file, JSON.stringify({ ...mine, id: 'x', started: '1' }));
  expect(await lock.tryToTake()).toBeUndefined();
  await lock.release();
});

test('six processes, killed at random, never hold it together, and it is free again at once', async () => {
  for (const name of ['file-lock', 'holder', 'run-file', 'set-aside']) {
    const source = readFileSync(path.join(__dirname, `../../gateway/workspace/${name}.ts`), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(path.join(folder, `${name}.js`), outputText);
  }
  writeFileSync(
    path.join(folder, 'worker.js'),
    `const { FileLock } = require('./file-lock.js');
     const fs = require('node:fs');
     (async () => {
       for (;;) {
         const lock = new FileLock(${JSON.stringify(file)});
         await lock.take();
         fs.appendFileSync('log', 'in ' + process.pid + '\\n');
         await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
         fs.appendFileSync('log', 'out ' + process.pid + '\\n');
         await lock.release();
       }
     })();`,
  );
  const log = path.join(folder, 'log');
  writeFileSync(log, '');
  const start = () =>
    spawn(process.execPath, ['worker.js'], { cwd: folder, stdio: 'ignore', env: { ...process.env, NODE_OPTIONS: '' } });
  const workers = Array.from({ length: 6 }, start);
  const killed = new Set<number>();
  const kill = async (at: number) => {
    const worker = workers[at];
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    killed.add(worker.pid!);
  };
  const lines = () => readFileSync(log, 'utf8').split('\n').slice(0, -1);
  for (let round = 0; round < 12; round++) {
    const before = lines().length;
    await until(() => lines().length >= before + 6);
    await kill(round % 6);
    workers[round % 6] = start();
  }
  for (let at = 0; at < 6; at++) await kill(at);

  let inside: string | undefined;
  for (const line of lines()) {
    const [what, pid] = line.split(' ');
    if (what === 'in') {
      // Whoever was inside has left, or was killed there.
      expect(inside === undefined || killed.has(Number(inside))).toBe(true);
      inside = pid;
    } else {
      expect(inside).toBe(pid);
      inside = undefined;
    }
  }
  expect(lines().length).toBeGreaterThan(40);
  const last = new FileLock(file);
  await last.take();
  await last.release();
});
