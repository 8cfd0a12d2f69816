import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertMask, brightImage, formOf } from '../bright-image.mjs';
import { root } from '../setup.mjs';
import { brightGraph } from './tensorflow-model.mjs';

/** TensorFlow takes most of it to start on a busy machine. */
export const READY_WITHIN_MS = 300_000;
const SIDE = 96;
const CENTRE = SIDE / 2;

/** Larger than what goes to Triton inline. */
const ball = brightImage([SIDE, SIDE, SIDE], (x, y, z) => Math.hypot(x - CENTRE, y - CENTRE, z - CENTRE) < 20);
const sample = (file) => [file, readFileSync(join(root, 'samples/segmentation', file))];

export const credentialsOf = (password) => ({
  Authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
});

/** Files of an upload. */
const networks = {
  onnx: () => ({ config: sample('config_aiaa.json'), data: sample('model.onnx') }),
  tensorflow() {
    const [name, text] = sample('config_aiaa.json');
    const config = text.toString().replace('onnxruntime_onnx', 'tensorflow_graphdef');
    return { config: [name, config], data: ['model.pb', brightGraph()] };
  },
};

/** Answers of /health/ready once the gateway has Triton and every model. */
export async function ready(port, models) {
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await sleep(250)) {
    const { status, bytes } = await call(port, 'GET', '/health/ready').catch(() => ({}));
    const state = status === 200 && JSON.parse(bytes.toString());
    if (state && models.every((name) => state.models.some((one) => one.name === name && one.state === 'ready')))
      return state;
  }
  throw new Error(`the gateway on port ${port} was not ready with ${models} within ${READY_WITHIN_MS / 1000} s`);
}

/** Answers once the gateway does, with Triton or without. */
export async function lives(port) {
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await sleep(250))
    if ((await statusOf(port, '/health/live').catch(() => 0)) === 200) return;
  throw new Error(`the gateway on port ${port} did not answer within ${READY_WITHIN_MS / 1000} s`);
}

/** Not by `fetch`, which gives up after five minutes: as long as TensorFlow may take to start on a busy machine. */
export const upload = (port, name, headers, network = 'onnx') =>
  call(port, 'PUT', `/admin/model/${name}`, headers, formOf({}, networks[network]()));

/** As an operator. @throws AssertionError with the answer where it is refused */
export async function uploaded(port, name, headers, network) {
  const { status, bytes } = await upload(port, name, headers, network);
  assert.equal(status, 200, bytes.toString());
}

export const infer = (port, name) =>
  call(
    port,
    'POST',
    `/v1/segmentation?model=${name}&output=image`,
    {},
    formOf({ params: '{}' }, { image: ['b.nii', ball.file] }),
  );

/** The mask of the ball, voxel by voxel. */
export async function infers(port, name) {
  const { status, bytes } = await infer(port, name);
  assertMask(status, bytes, ball.mask);
}

/** Infers until the mask is right. What comes meanwhile is no answer, or 503. @returns seconds */
export async function serves(port, name) {
  const begin = Date.now();
  for (; Date.now() - begin < READY_WITHIN_MS; await sleep(250)) {
    const { status, bytes } = await infer(port, name).catch(() => ({ status: 0 }));
    if (status === 200) {
      assertMask(status, bytes, ball.mask);
      return ((Date.now() - begin) / 1000).toFixed(1);
    }
    assert.ok([0, 503].includes(status), `answered with ${status}: ${bytes?.toString('utf8', 0, 300)}`);
  }
  throw new Error(`the model did not serve again within ${READY_WITHIN_MS / 1000} s`);
}

export const statusOf = async (port, path, headers) => (await call(port, 'GET', path, headers)).status;

/**
 * One request, also by another name of the server. Not by `fetch`, whose promise stays open for ever where an engine takes a connection for a port behind
 * which nobody listens yet, and cuts it.
 */
async function call(port, method, path, headers = {}, form = undefined) {
  const body = form && new Response(form);
  const type = body && { 'content-type': body.headers.get('content-type') };
  const sent = body && Buffer.from(await body.arrayBuffer());
  return new Promise((resolve, reject) =>
    request({ port, host: '127.0.0.1', method, path, headers: { ...headers, ...type }, agent: false }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk)).once('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode, bytes: Buffer.concat(chunks) }));
    })
      .once('error', reject)
      .end(sent),
  );
}
