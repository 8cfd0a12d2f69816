// Reading a DICOM series of 512 × 512 × 300 against SimpleITK's series reader, in turn; with FORMER_DIST=dir also against an older build.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from '../scripts/setup.mjs';
import { AnsweringProcess } from './support/answering-process.mjs';
import { makeCt } from './support/ct.mjs';
import { median, round } from './support/figures.mjs';
import { pythonWith } from './support/python-environment.mjs';

const SLICES = Number(process.env.SLICES ?? 300);
const ROUNDS = 5;
const here = join(root, 'bench', 'dicom');
const { FORMER_DIST } = process.env;

setUp();
const python = pythonWith('bench-dicom', join(here, 'requirements.txt'));
const start = (program, ...args) =>
  new AnsweringProcess(spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: root }));
const reader = (dist) => start(process.execPath, join(here, 'reader.mjs'), dist);

const folder = mkdtempSync(join(tmpdir(), 'bench-dicom-'));
const readers = {
  ours: reader(join(root, 'dist')),
  SimpleITK: start(python, join(here, 'reference.py')),
  ...(FORMER_DIST && { former: reader(FORMER_DIST) }),
};
try {
  const { path: ct, source } = await makeCt(folder, SLICES);
  console.log(`${SLICES} slices of ${source}; medians of ${ROUNDS} after a warm-up, in turn`);
  const rows = [];
  for (const syntax of ['native', 'jpeg2000']) {
    const series = join(folder, syntax);
    await readers.SimpleITK.ask({ write: series, syntax, ct });
    rows.push(await compare(syntax, series));
    rmSync(series, { recursive: true });
  }
  console.table(rows);
} finally {
  for (const one of Object.values(readers)) one.close();
  rmSync(folder, { recursive: true, force: true });
}

async function compare(syntax, series) {
  const took = Object.fromEntries(Object.keys(readers).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++)
    for (const [name, one] of Object.entries(readers)) {
      const answer = await one.ask({ read: series });
      if (round > 0) took[name].push(answer);
    }
  const of = (name, key) => median(took[name].map((one) => one[key]));
  const range = (name) =>
    `${round(Math.min(...took[name].map(({ ms }) => ms)))} to ${round(Math.max(...took[name].map(({ ms }) => ms)))}`;
  return {
    series: syntax,
    'ours ms': round(of('ours', 'ms')),
    'least to most': range('ours'),
    'SimpleITK ms': round(of('SimpleITK', 'ms')),
    'ours ÷ SimpleITK': round(of('ours', 'ms') / of('SimpleITK', 'ms')),
    'processor time, ours ÷ SimpleITK': round(of('ours', 'cpu_ms') / of('SimpleITK', 'cpu_ms')),
    ...(FORMER_DIST && { 'ours ÷ former build': round(of('ours', 'ms') / of('former', 'ms')) }),
    same: new Set(Object.values(took).flatMap((list) => list.map(({ sum, shape }) => `${sum} ${shape}`))).size === 1,
  };
}
