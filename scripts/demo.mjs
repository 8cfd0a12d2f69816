// npm run demo [-- my_ct.nii.gz]: from nothing to a mask: real Triton, real gateway, a real CT over HTTP.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { fetchSampleCt } from '../samples/fetch-ct.mjs';
import { startGateway } from './gateway-process.mjs';
import { dice, loadImage, overlayPng, summarizeLabels } from './mask-report.mjs';
import { startTriton } from './local-triton.mjs';
import { SAMPLE_MODEL, uploadSampleModel } from './sample-model.mjs';
import { cache, exitWith, pythonOfTriton, root, setUp, SetupError } from './setup.mjs';

const SPLEEN = 1;
const output = join(root, 'demo-output');

async function main() {
  setUp();
  const own = process.argv[2] && resolve(process.env.INIT_CWD ?? '.', process.argv[2]);
  const { image, reference } = own
    ? { image: own }
    : await fetchSampleCt({ cache, python: pythonOfTriton(), log: console.log });

  const scratch = mkdtempSync(join(tmpdir(), 'aiaa-demo-'));
  const running = [];
  const stopAll = async () => {
    while (running.length) await running.pop().stop();
    rmSync(scratch, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void stopAll().finally(() => process.exit(130)));
  try {
    const repository = join(scratch, 'models', 'repo');
    console.log('starting Triton …');
    const triton = await startTriton({
      repository,
      logFile: join(scratch, 'triton.log'),
      readyFile: join(scratch, 'triton.json'),
    });
    running.push(triton);
    console.log('starting the gateway …');
    const flags = {
      host: '127.0.0.1',
      port: 0,
      workspace: join(scratch, 'workspace'),
      model_repository: repository,
      triton_url: triton.url,
    };
    const gateway = await startGateway(
      Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
      { quiet: true },
    );
    running.push(gateway);
    const server = `http://127.0.0.1:${gateway.port}`;
    console.log(`uploading the model: PUT ${server}/admin/model/${SAMPLE_MODEL}`);
    await uploadSampleModel(server);
    console.log(`segmenting ${basename(image)}: POST ${server}/v1/segmentation?model=${SAMPLE_MODEL}\n`);
    await report(await segment(server, image), image, reference);
  } finally {
    await stopAll();
  }
}

async function segment(server, image) {
  const form = new FormData();
  form.append('params', '{}');
  form.append('image', new Blob([await readFile(image)]), basename(image));
  const started = performance.now();
  const response = await fetch(`${server}/v1/segmentation?model=${SAMPLE_MODEL}`, { method: 'POST', body: form });
  if (!response.ok)
    throw new SetupError(`the gateway answered ${response.status}: ${(await response.json()).error.message.join(' ')}`);
  const parts = await response.formData();
  const mask = Buffer.from(await parts.get('image').arrayBuffer());
  return {
    mask,
    params: JSON.parse(parts.get('params')),
    timing: response.headers.get('server-timing'),
    seconds: (performance.now() - started) / 1000,
  };
}

async function report({ mask, timing, seconds }, imagePath, referencePath) {
  mkdirSync(output, { recursive: true });
  const maskPath = join(output, 'mask.nii.gz');
  const picturePath = join(output, 'overlay.png');
  writeFileSync(maskPath, mask);

  const { labels } = JSON.parse(await readFile(join(root, 'samples', SAMPLE_MODEL, 'config_aiaa.json'), 'utf8'));
  const image = await loadImage(imagePath);
  const found = await loadImage(maskPath);
  writeFileSync(picturePath, await overlayPng(image, found, SPLEEN));

  const size = `${found.shape.join(' x ')} voxels of ${image.spacing.map((mm) => mm.toFixed(2)).join(' x ')} mm`;
  const lines = [
    ['image', `${basename(imagePath)}  (${size})`],
    ...summarizeLabels(found, labels).map(({ name, voxels, ml }) => [
      name,
      `${String(voxels).padStart(9)} voxels  ${ml.toFixed(1).padStart(8)} ml`,
    ]),
    ...timing
      .split(', ')
      .map((stage) => stage.split(';dur='))
      .map(([stage, ms]) => [`${stage} time`, `${Number(ms).toFixed(0).padStart(9)} ms`]),
    ['round trip', `${(seconds * 1000).toFixed(0).padStart(9)} ms`],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  for (const [name, value] of lines) console.log(`  ${name.padEnd(width)}  ${value}`);
  if (referencePath) console.log(`\nDice(spleen) = ${dice(found, await loadImage(referencePath), SPLEEN).toFixed(3)}`);
  console.log(`\nmask:    ${relative(process.cwd(), maskPath)}\npicture: ${relative(process.cwd(), picturePath)}`);
}

main().catch(exitWith);
