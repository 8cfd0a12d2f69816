// npm run fuzz -- [--seed N] [--requests N]: damaged requests of every kind against a gateway of its own, without Triton. It ends with 1 when the gateway
// dies, answers 5xx without a code of its catalogue, or keeps files open. The same seed sends the same requests.
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import { randomOf } from './random.mjs';
import { exitWith, root, setUp } from './setup.mjs';

const AT_ONCE = 8;
const DEADLINE_MS = 60_000;
/** Part of the requests. */
const LARGE = 0.03;
/** Files that a run may add: threads, and connections that are kept open. */
const MORE_FILES = 64;
/** Longer times are told, with the requests that were under way. */
const HELD_MS = 25;
const BUSY = new Set(['INTERNAL', 'TRANSFORM_FAILED']);

function nifti(dim, type = 2, bytes = 1) {
  const file = Buffer.alloc(352 + dim.reduce((a, b) => a * b, bytes), 7);
  file.fill(0, 0, 352);
  file.writeInt32LE(348, 0);
  [dim.length, ...dim, 1, 1, 1].forEach((n, at) => file.writeInt16LE(n, 40 + 2 * at));
  file.writeInt16LE(type, 70);
  file.writeInt16LE(8 * bytes, 72);
  for (let at = 0; at < 4; at++) file.writeFloatLE(1, 76 + 4 * at);
  file.writeFloatLE(352, 108);
  file.writeFloatLE(1, 112);
  file.write('n+1\0', 344, 'latin1');
  return file;
}

const u32 = (number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
};
/** 4 × 4 grey pixels. @param change of the content of both chunks, before their checksums are made */
function pngOf(change = (content) => content) {
  const chunk = (kind, content) => {
    const checked = Buffer.concat([Buffer.from(kind), content]);
    return Buffer.concat([u32(content.length), checked, u32(crc32(checked))]);
  };
  const header = Buffer.concat([u32(4), u32(4), Buffer.from([8, 0, 0, 0, 0])]);
  const rows = deflateSync(Buffer.from([1, 2, 3, 4].flatMap((row) => [0, row, 5, 6, 7])));
  const parts = [chunk('IHDR', change(header)), chunk('IDAT', change(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]);
}

/** Header of 284 bytes (FreeSurfer's mghformat), 4 × 4 × 4 voxels of 8 bits. */
function mgh() {
  const file = Buffer.alloc(284 + 64, 7);
  file.fill(0, 0, 284);
  [1, 4, 4, 4, 1, 0].forEach((number, at) => file.writeInt32BE(number, 4 * at));
  file.writeInt16BE(1, 28);
  [1, 1, 1, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, 0].forEach((number, at) => file.writeFloatBE(number, 30 + 4 * at));
  return file;
}

/** Header of 1024 bytes (MRC2014), 4 × 4 × 4 voxels of 8 bits. */
function mrc() {
  const file = Buffer.alloc(1024 + 64, 7);
  file.fill(0, 0, 1024);
  [4, 4, 4, 0, 0, 0, 0, 4, 4, 4].forEach((number, at) => file.writeInt32LE(number, 4 * at));
  [4, 4, 4, 90, 90, 90].forEach((number, at) => file.writeFloatLE(number, 40 + 4 * at));
  [1, 2, 3].forEach((number, at) => file.writeInt32LE(number, 64 + 4 * at));
  file.write('MAP ', 208, 'latin1');
  file.writeUInt16LE(0x4444, 212);
  return file;
}

/** A slice of 4 × 4 pixels of 16 bits, explicit little endian (DICOM PS3.10). */
function dicom() {
  const element = (group, number, kind, content) => {
    const bytes = typeof content === 'number' ? u16(content) : Buffer.from(content);
    const isLong = kind === 'OW' || kind === 'OB';
    const length = Buffer.alloc(isLong ? 6 : 2);
    if (isLong) length.writeUInt32LE(bytes.length, 2);
    else length.writeUInt16LE(bytes.length);
    return Buffer.concat([u16(group), u16(number), Buffer.from(kind), length, bytes]);
  };
  const u16 = (number) => Buffer.from([number & 255, number >> 8]);
  const uid = (text) => text.padEnd(text.length + (text.length % 2), '\0');
  const meta = [
    element(2, 2, 'UI', uid('1.2.840.10008.5.1.4.1.1.2')), element(2, 3, 'UI', uid('1.2.3.4')),
    element(2, 0x10, 'UI', uid('1.2.840.10008.1.2.1')),
  ]; // prettier-ignore
  const length = Buffer.concat(meta).length;
  return Buffer.concat([
    Buffer.alloc(128), Buffer.from('DICM'), element(2, 0, 'UL', [length, 0, 0, 0]), ...meta,
    element(8, 0x16, 'UI', uid('1.2.840.10008.5.1.4.1.1.2')), element(8, 0x18, 'UI', uid('1.2.3.4')), element(8, 0x60, 'CS', 'CT'),
    element(0x20, 0xd, 'UI', uid('1.2.3')), element(0x20, 0xe, 'UI', uid('1.2.3.1')), element(0x20, 0x13, 'IS', '1 '),
    element(0x20, 0x32, 'DS', '0\\0\\0 '), element(0x20, 0x37, 'DS', '1\\0\\0\\0\\1\\0 '), element(0x28, 2, 'US', 1),
    element(0x28, 4, 'CS', 'MONOCHROME2 '), element(0x28, 0x10, 'US', 4), element(0x28, 0x11, 'US', 4), element(0x28, 0x30, 'DS', '1\\1 '),
    element(0x28, 0x100, 'US', 16), element(0x28, 0x101, 'US', 16), element(0x28, 0x102, 'US', 15), element(0x28, 0x103, 'US', 0),
    element(0x7fe0, 0x10, 'OW', Buffer.alloc(32, 3)),
  ]); // prettier-ignore
}

const png = pngOf();
const text = (lines, data) => Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), data]);
const volume = nifti([8, 8, 8]);
const images = {
  'a.nii': volume,
  'a.nii.gz': gzipSync(volume),
  'a.nrrd': text(['NRRD0004', 'type: uchar', 'dimension: 3', 'sizes: 4 4 4', 'encoding: raw', ''], Buffer.alloc(64)),
  'a.mha': text(
    ['ObjectType = Image', 'NDims = 3', 'DimSize = 4 4 4', 'ElementType = MET_UCHAR', 'CompressedData = True', 'ElementDataFile = LOCAL'],
    deflateSync(Buffer.alloc(64)),
  ),
  'a.png': png,
  'a.vtk': text(
    ['# vtk DataFile Version 3.0', 't', 'ASCII', 'DATASET STRUCTURED_POINTS', 'DIMENSIONS 2 2 2', 'POINT_DATA 8', 'SCALARS s short 1', 'LOOKUP_TABLE default'],
    Buffer.from('1 2 3 4 5 6 7 8\n'),
  ),
  'a.mgh': mgh(),
  'a.mrc': mrc(),
  'a.dcm': dicom(),
}; // prettier-ignore
/** Damaged before it is packed: else all damage ends at a checksum. */
const packed = {
  'a.png': pngOf,
  'a.nii.gz': (change) => gzipSync(change(volume)),
};

const config = JSON.stringify({
  version: '3', type: 'segmentation', labels: ['a'], description: 'x',
  pre_transforms: [{ name: 'LoadNifti', args: { fields: 'image' } }],
  inference: { name: 'TRTISInference', args: { roi: [8, 8, 8] }, trtis: { platform: 'onnxruntime_onnx', max_batch_size: 1, input: [], output: [] } },
  post_transforms: [], writer: { name: 'WriteNifti', args: { field: 'model' } },
}); // prettier-ignore
const params = ['{}', '{"foreground":[[1,2,3]],"background":[]}', '{"points":[[1,2,3]]}', '{"more_points":3}', '{"poly":[[[1,1],[3,1],[3,3]]],"polygon_index":0,"vertex_index":1,"vertex_offset":[1,0]}']; // prettier-ignore
const paths = ['/v1/models', '/v1/segmentation?model=x', '/v1/jobs/x', '/session/x', '/session/x/image', '/health/live', '/docs/', '/infer/x', '/admin/model/x']; // prettier-ignore

const form = (parts) => {
  const pieces = parts.flatMap(([name, file, content]) => [
    `--b\r\nContent-Disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ''}\r\n\r\n`,
    content,
    '\r\n',
  ]);
  return { body: Buffer.concat([...pieces, '--b--\r\n'].map((piece) => Buffer.from(piece))), headers: { 'content-type': 'multipart/form-data; boundary=b' } };
}; // prettier-ignore

/** Damage to a file that nobody reads tries nothing. @throws naming an image that the gateway does not read whole */
async function checkImages(url) {
  for (const [name, content] of Object.entries(images)) {
    const answer = await fetch(`${url}/session/?save_as=.nii`, { method: 'PUT', ...form([['image', name, content]]) });
    if (answer.status !== 200) throw new Error(`${name} is not read whole: ${await answer.text()}`);
    await fetch(`${url}/session/${(await answer.json()).session_id}`, { method: 'DELETE' });
  }
}

function makeRequests(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  /** Flips bits, cuts, repeats or fills a part. */
  const damaged = (content) => {
    let bytes = Buffer.from(content);
    for (let n = Math.floor(random() * 4); n > 0; n--) {
      const at = Math.floor(random() * bytes.length);
      const length = Math.floor(random() * 16);
      const how = random();
      if (how < 0.6) bytes[at] ^= 1 << Math.floor(random() * 8);
      else if (how < 0.75) bytes = bytes.subarray(0, at);
      else if (how < 0.9) bytes.subarray(at, at + length).fill(pick([0, 255, 65]));
      else bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
      if (bytes.length === 0) break;
    }
    return bytes;
  };
  const image = () => {
    const name = pick(Object.keys(images));
    const content = packed[name] && random() < 0.5 ? packed[name](damaged) : damaged(images[name]);
    return [pick(['image', 'file']), name, content];
  };
  const kinds = {
    path: () => ({ method: pick(['GET', 'PUT', 'POST', 'DELETE', 'PATCH']), path: encodeURI(damaged(pick(paths)).toString('latin1').replace(/^[^/]*\/?/, '/')) }),
    params: () => ({ method: 'POST', path: pick(['/v1/fixpolygon', '/v1/mask2polygon', '/v1/segmentation?model=x']), ...form([['params', '', damaged(pick(params))], ['image', 'a.png', png]]) }),
    multipart: () => { const whole = form([['params', '', '{}'], image()]); return { method: 'POST', path: '/v1/mask2polygon', ...whole, body: damaged(whole.body) }; },
    image: () => ({ method: 'POST', path: '/v1/mask2polygon', ...form([['params', '', '{}'], image()]) }),
    session: () => ({ method: 'PUT', path: `/session/?save_as=${pick(['.nii', '.nii.gz', 'x'])}`, ...form(Array.from({ length: 1 + Math.floor(random() * 2) }, image)) }),
    config: () => ({ method: 'PUT', path: '/admin/model/x', ...form([['config', 'c.json', damaged(config)], ['data', 'm.onnx', damaged('\x08\x08:\0')]]) }),
    archive: () => ({ method: 'PUT', path: '/admin/model/x', ...form([['data', pick(['a.zip', 'a.tar.gz', 'a.pt']), damaged(pick([Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(60, 1)]), gzipSync(Buffer.alloc(1024))]))]]) }),
  }; // prettier-ignore
  /** Some megabytes: what grows with the input must not hold the thread that answers everybody. */
  const large = {
    deep: () => '['.repeat(1 + Math.floor(random() * 400_000)),
    wide: () => `{"points":[${'[1,2,3],'.repeat(Math.floor(random() * 200_000))}[1,2,3]]}`,
    keys: () => `{${Array.from({ length: Math.floor(random() * 60_000) }, (_, n) => `"k${n}":${n},`).join('')}"z":0}`,
    text: () => `{"foreground":"${'x'.repeat(Math.floor(random() * 8_000_000))}"}`,
  };
  const polygons = () => `{"poly":[[${'[1,1],[3,1],[3,3],'.repeat(Math.floor(random() * 100_000))}[1,1]]],"polygon_index":0,"vertex_index":1,"vertex_offset":[1,0]}`; // prettier-ignore
  const volumes = [nifti([160, 160, 160])].flatMap((big) => [big, gzipSync(big)]);
  const largeKinds = [
    () => ({ method: 'POST', path: '/v1/segmentation?model=x', ...form([['params', '', damaged(large[pick(Object.keys(large))]())], ['image', 'a.png', png]]) }),
    () => ({ method: 'POST', path: '/v1/fixpolygon', ...form([['params', '', damaged(polygons())], ['image', 'a.png', png]]) }),
    () => ({ method: 'POST', path: '/v1/mask2polygon', ...form(Array.from({ length: Math.floor(random() * 3000) }, (_, n) => [`f${n}`, random() < 0.5 ? '' : `${n}.nii`, 'x'])) }),
    () => ({ method: 'POST', path: '/v1/mask2polygon', ...form([['params', '', '{}'], ['image', 'a.nii', damaged(volumes[0])]]) }),
    () => ({ method: 'PUT', path: '/session/?save_as=.nii', ...form([['image', 'a.nii.gz', damaged(volumes[1])]]) }),
    () => ({ method: 'PUT', path: '/session/', headers: { 'content-type': 'application/json' }, body: `{"dicom":${large[pick(Object.keys(large))]()}}` }),
    () => ({ method: 'PUT', path: '/admin/model/x', ...form([['config', 'c.json', damaged(config.replace('"x"', JSON.stringify('y'.repeat(Math.floor(random() * 2_000_000)))))], ['data', 'm.onnx', Buffer.alloc(2_000_000, 8)]]) }),
    () => ({ method: 'PUT', path: '/admin/model/x', ...form([['config', 'c.yaml', `a: ${large.deep()}`], ['data', 'm.onnx', '\x08\x08:\0']]) }),
    () => ({ method: 'POST', path: `/v1/segmentation?model=${'m'.repeat(Math.floor(random() * 14_000))}`, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b&'.repeat(Math.floor(random() * 500_000)) }),
  ]; // prettier-ignore
  return () => {
    if (random() < LARGE) return { kind: 'large', ...pick(largeKinds)() };
    const kind = pick(Object.keys(kinds));
    return { kind, ...kinds[kind]() };
  };
}

async function main() {
  const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, requests: { type: 'string', default: '2000' } } }); // prettier-ignore
  setUp({ triton: false });
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const delayFile = join(folder, 'delay.json');
  const said = join(folder, 'stderr');
  const gateway = spawn(
    process.execPath,
    ['--import', join(root, 'scripts/event-loop-delay.mjs'), join(root, 'dist/main.js'), '--host', '127.0.0.1', '--port', '0', '--triton_url', 'grpc://127.0.0.1:1', '--workspace', join(folder, 'ws'), '--model_repository', join(folder, 'repo'), '--log_level', 'error'],
    { stdio: ['ignore', 'ignore', openSync(said, 'w'), 'ipc'], env: { ...process.env, EVENT_LOOP_DELAY_FILE: delayFile } },
  ); // prettier-ignore
  let ended;
  gateway.once('exit', (code, signal) => (ended = signal ?? code));
  try {
    const port = await new Promise((resolve, reject) => {
      gateway.on('message', (message) => message?.kind === 'listening' && resolve(message.port));
      gateway.once('exit', () => reject(new Error('the gateway did not start')));
    });
    return await fuzz(`http://127.0.0.1:${port}`, gateway.pid, values, () => ended, delayFile);
  } catch (error) {
    console.error(readFileSync(said, 'utf8').slice(-3000));
    throw error;
  } finally {
    gateway.kill('SIGTERM');
    while (ended === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fuzz(url, pid, { seed, requests }, hasEnded, delayFile) {
  await checkImages(url);
  const next = makeRequests(randomOf(Number(seed)));
  const openFiles = () => readdirSync(`/proc/${pid}/fd`).length;
  const megabytes = () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024); // prettier-ignore
  const statuses = new Map();
  const faults = [];
  /** What was under way when. */
  const answered = [];
  let sent = 0;
  let files;
  const client = async () => {
    while (sent < Number(requests) && hasEnded() === undefined) {
      const number = sent++;
      const { kind, method, path, body, headers } = next();
      const from = Date.now();
      try {
        const answer = await fetch(url + path, { method, headers, body: method === 'GET' ? undefined : body, signal: AbortSignal.timeout(DEADLINE_MS) }); // prettier-ignore
        const content = await answer.text();
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const code = answer.status >= 500 ? /"code":"(\w+)"/.exec(content)?.[1] : 'fine';
        if (code === undefined || BUSY.has(code)) faults.push({ number, kind, method, path, status: answer.status, content: content.slice(0, 300) }); // prettier-ignore
      } catch (error) {
        faults.push({ number, kind, method, path, error: String(error.cause ?? error) });
      }
      const what = `${kind} ${method} ${path.slice(0, 40)} (${body?.length ?? 0} bytes)`;
      answered.push({ number, from, to: Date.now(), what });
      if (number === Math.floor(Number(requests) / 10)) files = openFiles();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  if (hasEnded() !== undefined) throw new Error(`the gateway ended (${hasEnded()}) after ${sent} requests of seed ${seed}`); // prettier-ignore
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const after = openFiles();
  const delay = JSON.parse(readFileSync(delayFile, 'utf8'));
  console.log(`${sent} requests of seed ${seed}: ${[...statuses].sort().map(([status, count]) => `${status} ${count} times`).join(', ')}`); // prettier-ignore
  const most = delay.times[0]?.ms ?? 0;
  console.log(`open files ${files} → ${after}, memory ${megabytes()} MB, main thread held at most ${most.toFixed(0)} ms of processor time (${delay.max.toFixed(0)} ms by the clock at most, 99 %: ${delay.p99.toFixed(0)} ms)`); // prettier-ignore
  for (const { ms, at } of delay.times.filter((time) => time.ms > HELD_MS)) {
    const during = answered
      .filter(({ from, to }) => from < at && to > at - ms)
      .map(({ number, what }) => `${number} ${what}`);
    console.log(`held ${ms.toFixed(0)} ms during ${during.join(', ')}`);
  }
  for (const fault of faults.slice(0, 20)) console.log(JSON.stringify(fault));
  if (faults.length > 0 || after > files + MORE_FILES) throw new Error(`${faults.length} faults`);
}

main().catch(exitWith);
