import { gunzipSync, gzipSync } from 'node:zlib';

/** An array as numpy's `save` writes it, C order. @param descr numpy's name of its values: `<f4` */
export function npy(data: Uint8Array | Float32Array | Int16Array, shape: readonly number[], descr: string): Buffer {
  const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const length = Math.ceil((10 + head.length + 1) / 64) * 64 - 10;
  const begin = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, length & 255, length >> 8]);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([begin, Buffer.from(`${head.padEnd(length - 1)}\n`), bytes]);
}

function formOf(name: string, content: Uint8Array, fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append('file', new Blob([new Uint8Array(content)]), name);
  return form;
}

/** The requests of SlicerNNInteractive before July 2026. */
export class OlderSlicer {
  constructor(
    private readonly url: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  uploadImage(array: Buffer) {
    return this.post('/upload_image', { body: formOf('volume.npy', array) });
  }

  uploadSegment(array: Buffer) {
    return this.post('/upload_segment', { body: formOf('volume.npy.gz', gzipSync(array)), headers: PACKED });
  }

  click(voxel_coord: number[], positive_click = true) {
    return this.json('/add_point_interaction', { voxel_coord, positive_click });
  }

  box(outer_point_one: number[], outer_point_two: number[], positive_click = true) {
    return this.json('/add_bbox_interaction', { outer_point_one, outer_point_two, positive_click });
  }

  mask(kind: 'lasso' | 'scribble', array: Buffer, positive_click = 'True') {
    const body = formOf('volume.npy.gz', gzipSync(array), { positive_click });
    return this.post(`/add_${kind}_interaction`, { body, headers: PACKED });
  }

  private json(path: string, sent: object) {
    return this.post(path, { body: JSON.stringify(sent), headers: { 'content-type': 'application/json' } });
  }

  /** @returns the JSON text, or the voxels of the mask */
  private async post(path: string, { body, headers }: { body: FormData | string; headers?: Record<string, string> }) {
    const answer = await fetch(this.url + path, { method: 'POST', body, headers: { ...this.headers, ...headers } });
    const type = answer.headers.get('content-type') ?? '';
    // fetch has undone the coding, as `requests` does.
    const bytes = Buffer.from(await answer.arrayBuffer());
    const { status } = answer;
    return type.startsWith('application/json')
      ? { status, text: bytes.toString() }
      : { status, text: type, bits: bytes };
  }
}

/** Although only the part is packed. */
const PACKED = { 'content-encoding': 'gzip' };

/** The voxels of a mask of bits. */
export const unpackBits = (bits: Uint8Array, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, at) => (bits[at >> 3] >> (7 - (at & 7))) & 1);

/** The requests of ITK-SNAP 4.4. */
export class Dls {
  constructor(
    private readonly url: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  async get(path: string, headers: Record<string, string> = {}) {
    const answer = await fetch(this.url + path, { headers: { ...this.headers, ...headers } });
    return { status: answer.status, text: await answer.text() };
  }

  async session(model?: string): Promise<string> {
    const { text } = await this.get(model ? `/v2/start_session/${model}` : '/start_session');
    return (JSON.parse(text) as { session_id: string }).session_id;
  }

  async send(path: string, values: Float32Array, metadata: object) {
    const bytes = gzipSync(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    const body = formOf('image.raw.gz', bytes, { metadata: JSON.stringify(metadata) });
    const answer = await fetch(this.url + path, { method: 'POST', body, headers: this.headers });
    return { status: answer.status, text: await answer.text() };
  }
}

/** The voxels of an answer of DLS, x fastest. */
export const dlsMask = (text: string): Buffer =>
  gunzipSync(Buffer.from((JSON.parse(text) as { result: string }).result, 'base64'));
