import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { brightImage, formOf, wrongVoxels } from '../bright-image.mjs';
import { root } from '../setup.mjs';

const DEADLINE_MS = 120_000;
const MODEL = 'steady';
const CHANGED = 'changed';
const sample = (file) => [file, readFileSync(join(root, 'samples/segmentation', file))];

/** Images of a part: balls of any size and place, packed or not, from one window to several. */
export function makeImages(random, count = 12) {
  return Array.from({ length: count }, (_, number) => {
    const shape = [0, 1, 2].map(() => 24 + Math.floor(random() * 96));
    const centre = shape.map((length) => random() * length);
    const radius = 4 + random() * 24;
    const { file, mask } = brightImage(shape, (...at) => Math.hypot(...at.map((x, axis) => x - centre[axis])) < radius);
    return number % 2 ? { name: 'image.nii.gz', file: gzipSync(file, { level: 1 }), mask } : { name: 'image.nii', file, mask }; // prettier-ignore
  });
}

/** Requests to a server, and what they were answered with. */
export class Clients {
  /** By kind of request, and by status and code. */
  requests = {};
  answers = {};
  masks = { compared: 0, wrong_voxels: 0 };
  /** Failures that no fault explains. */
  unexpected = [];

  /** @param {() => boolean} isDisturbed whether a fault goes on, or has only just ended */
  constructor(url, images, isDisturbed) {
    Object.assign(this, { url, images, isDisturbed });
  }

  /** One request or a few of a kind that chance chooses. */
  async act(random, kind = kindOf(random())) {
    this.requests[kind] = (this.requests[kind] ?? 0) + 1;
    const image = this.images[Math.floor(random() * this.images.length)];
    if (kind === 'goes') return this.goes(image, 2 + Math.floor(random() * 300));
    await this[kind](image, random);
  }

  async mask(image) {
    await this.infer(image, formOf({ params: '{}' }, { image: [image.name, image.file] }));
  }

  /** A session, two inferences on it. */
  async session(image) {
    const opened = await this.ask('PUT', '/session/', formOf({}, { image: [image.name, image.file] }));
    if (opened?.status !== 200) return;
    const { session_id: id } = JSON.parse(opened.bytes);
    for (let times = 0; times < 2; times++) await this.infer(image, formOf({ params: '{}' }, {}), `&session_id=${id}`);
    await this.ask('DELETE', `/session/${id}`);
  }

  async looks(_image, random) {
    const paths = ['/v1/models', '/health/live', '/v1/jobs', '/metrics', '/v1/dashboard/data?hours=1', '/admin/model'];
    await this.ask('GET', paths[Math.floor(random() * paths.length)]);
  }

  /** A model comes, serves, and goes; for one client alone. */
  async models(image) {
    const answer = await this.upload(CHANGED);
    if (answer?.status !== 200) return;
    await this.infer(image, formOf({ params: '{}' }, { image: [image.name, image.file] }), '', CHANGED);
    await this.ask('DELETE', `/admin/model/${CHANGED}`);
  }

  upload(name = MODEL) {
    const files = { config: sample('config_aiaa.json'), data: sample('model.onnx') };
    return this.ask('PUT', `/admin/model/${name}`, formOf({}, files));
  }

  /** A client that goes before its answer comes, or in the middle of what it sends. */
  async goes(image, afterMs) {
    const body = formOf({ params: '{}' }, { image: [image.name, image.file] });
    const signal = AbortSignal.timeout(afterMs);
    await fetch(`${this.url}/v1/segmentation?model=${MODEL}`, { method: 'POST', body, signal })
      .then((answer) => answer.arrayBuffer())
      .catch(() => undefined);
  }

  /** @returns whether a mask came; each is compared */
  async infer({ mask }, body, query = '', model = MODEL) {
    const answer = await this.ask('POST', `/v1/segmentation?model=${model}&output=image${query}`, body);
    if (answer?.status !== 200) return false;
    const wrong = wrongVoxels(answer.bytes, mask);
    this.masks.compared++;
    this.masks.wrong_voxels += wrong;
    if (wrong > 0) this.unexpected.push({ at: new Date().toISOString(), what: `${wrong} wrong voxels`, query, model });
    return wrong === 0;
  }

  async ask(method, path, body) {
    const wasDisturbed = this.isDisturbed();
    try {
      const answer = await fetch(this.url + path, { method, body, signal: AbortSignal.timeout(DEADLINE_MS) });
      const bytes = Buffer.from(await answer.arrayBuffer());
      const code = answer.ok ? undefined : /"code":\s*"(\w+)"/.exec(bytes.toString())?.[1];
      this.count(answer.ok ? '200' : `${answer.status} ${code}`);
      // 503 says that it passes, 507 that the disk is full; 404 of a model or session whose coming or going was cut off.
      const isExplained = answer.ok || (code && (wasDisturbed || this.isDisturbed()));
      if (!isExplained)
        this.unexpected.push({ at: new Date().toISOString(), what: `${method} ${path}: ${answer.status} ${bytes.toString('utf8', 0, 300)}` }); // prettier-ignore
      return { status: answer.status, bytes };
    } catch (error) {
      const reason = error.cause?.code ?? error.name;
      this.count(reason);
      if (!wasDisturbed && !this.isDisturbed())
        this.unexpected.push({ at: new Date().toISOString(), what: `${method} ${path}: ${reason}` });
      return undefined;
    }
  }

  count(answer) {
    this.answers[answer] = (this.answers[answer] ?? 0) + 1;
  }
}

function kindOf(chance) {
  return chance < 0.6 ? 'mask' : chance < 0.75 ? 'session' : chance < 0.85 ? 'goes' : 'looks';
}
