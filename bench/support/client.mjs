import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { basename } from 'node:path';

const agent = new Agent({ keepAlive: true });

/** `PUT /admin/model/<name>`. */
export async function putModel(server, name, config, data) {
  const form = new FormData();
  form.append('config', new Blob([JSON.stringify(config)], { type: 'application/json' }), 'config_aiaa.json');
  form.append('data', new Blob([data]), 'model.onnx');
  const { status, body } = await send('PUT', `${server}/admin/model/${name}`, await encode(form));
  if (status !== 200) throw new Error(`the model was not accepted (${status}): ${body}`);
}

/** `PUT /admin/model/<name>` with an archive that needs no config. @param {Record<string, string>} fields more of the form */
export async function putModelArchive(server, name, archive, fields) {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('data', new Blob([archive]), 'model.zip');
  const { status, body } = await send('PUT', `${server}/admin/model/${name}`, await encode(form));
  if (status !== 200) throw new Error(`the model was not accepted (${status}): ${body}`);
}

/** The body of a request about one image, made once so that the client's own work is not timed. */
export async function imageBody(path) {
  const form = new FormData();
  form.append('params', '{}');
  form.append('image', new Blob([await readFile(path)]), basename(path));
  return encode(form);
}

/** `PUT /session/` with one image. @returns {Promise<string>} the session's id */
export async function openSession(server, body) {
  const answer = await send('PUT', `${server}/session/`, body);
  if (answer.status !== 200) throw new Error(`the session was not made (${answer.status}): ${answer.body}`);
  return JSON.parse(answer.body).session_id;
}

/** `POST /v1/segmentation`, timed from the first byte sent to the last one received; the answer is the bare mask file. */
export function segment(server, model, body) {
  return infer(`${server}/v1/segmentation?model=${model}`, body);
}

/** `POST /v1/deepgrow` on a session, timed likewise. */
export async function clickOn(server, model, session, params) {
  const form = new FormData();
  form.append('params', JSON.stringify(params));
  return infer(`${server}/v1/deepgrow?model=${model}&session_id=${session}`, await encode(form));
}

async function infer(url, body) {
  const started = performance.now();
  const answer = await send('POST', `${url}&output=image`, body);
  const ms = performance.now() - started;
  if (answer.status !== 200) throw new Error(`the gateway answered ${answer.status}: ${answer.body}`);
  return { ms, mask: answer.body, stages: stagesOf(answer.headers['server-timing']) };
}

/** `decode;dur=41.2, pre;dur=120` as a map of milliseconds. */
function stagesOf(timing) {
  return new Map(
    timing
      .split(', ')
      .map((stage) => stage.split(';dur='))
      .map(([name, ms]) => [name, Number(ms)]),
  );
}

async function encode(form) {
  const response = new Response(form);
  return { type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) };
}

function send(method, url, { type, bytes }) {
  const headers = { 'content-type': type, 'content-length': bytes.length };
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.on('error', reject);
    request.end(bytes);
  });
}
