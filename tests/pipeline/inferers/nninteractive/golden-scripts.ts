import { createHash } from 'node:crypto';
import {
  overlap,
  sizeOfBox,
  wholeOf,
  type Box,
  type Three,
} from '../../../../gateway/pipeline/inferers/nninteractive/boxes';
import { channelOf, copyLabels, type Labels } from '../../../../gateway/pipeline/inferers/nninteractive/labels';
import type { Options } from '../../../../gateway/pipeline/inferers/nninteractive/options';
import type { Picture } from '../../../../gateway/pipeline/inferers/nninteractive/picture';
import { predict } from '../../../../gateway/pipeline/inferers/nninteractive/predict';
import { lookAt, occupiedOf } from '../../../../gateway/pipeline/inferers/nninteractive/prompts';
import { writePrompts, type Said } from '../../../../gateway/pipeline/inferers/nninteractive/said';
import { normalized } from '../../../../gateway/transforms/nninteractive/normalize';
import goldens from '../../../golden/nninteractive.json';
import { tinyOptions } from './tiny-options';

/** Looked up once: a global costs ten times an operation in Jest's contexts. */
const { fround, imul } = Math;

type Step = [kind: string, ...args: unknown[]];
const shape = goldens.shape as unknown as Three;
const patch = goldens.patch as unknown as [number, number, number];
const short = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

/** The image of the golden program. */
function makeImage(): Int16Array {
  const [nx, ny, nz] = shape;
  const data = new Int16Array(nx * ny * nz);
  for (let x = 0, at = 0; x < nx; x++)
    for (let y = 0; y < ny; y++)
      for (let z = 0; z < nz; z++, at++) {
        const isIn = (c: number[], r: number[]) =>
          [x, y, z].reduce((sum, n, d) => sum + ((n - c[d]) * r[d]) ** 2, 0) < 3600 * 36;
        if (x < 3 || y >= ny - 4) continue;
        data[at] = 20 + ((x * 7 + y * 13 + z * 29) % 11);
        if (isIn([30, 30, 30], [30, 24, 36])) data[at] += 70;
        if (isIn([50, 62, 60], [7, 6, 8])) data[at] += 90;
      }
  return data;
}

const data = makeImage();
const [nz, ny, nx] = shape;
const asFile = { shape: [nx, ny, nz], strides: [1, nx, nx * ny], axes: 'XYZ' as const, properties: {} };
const picture: Picture = { shape, data: normalized({ ...asFile, data: Float32Array.from(data) }).data as Float32Array };
const n = patch[0] * patch[1] * patch[2];

interface Seen {
  /** Of the bits of all numbers. */
  prompts: number;
  image: number;
  squares: number;
}

const weights = [1, 0.25, 0.75, -4, 2, -4, 1.5, -4];

/** The formula of the golden program, in float32 as torch has it. */
function network(seen: Seen[]) {
  return (input: Float32Array) => {
    const f = fround;
    const mask = new Uint8Array(n);
    const bits = new Uint32Array(input.buffer, input.byteOffset, input.length);
    let [image, squares, prompts] = [0, 0, 0];
    for (let at = 0; at < n; at++) {
      image += input[at];
      squares += input[at] ** 2;
      let score = f(input[at] - 0.6875);
      for (let c = 1, from = at + n; c < 8; c++, from += n) {
        score = f(score + f(input[from] * weights[c]));
        prompts = (prompts + imul(bits[from], 2 * (from - n) + 1)) | 0;
      }
      mask[at] = Number(score > 0);
    }
    seen.push({ prompts: prompts >>> 0, image, squares });
    return Promise.resolve(mask);
  }; // prettier-ignore
}

function lines(box: Box, step: number[]): Uint8Array {
  const [nx, ny, nz] = sizeOfBox(box);
  const mask = new Uint8Array(nx * ny * nz);
  const isDrawn = step.some((n) => n !== 0);
  for (let x = 0, at = 0; x < nx; x++)
    for (let y = 0; y < ny; y++)
      for (let z = 0; z < nz; z++, at++)
        mask[at] = Number(isDrawn && (x * (4 - step[0]) + y * (4 - step[1]) + z * (4 - step[2])) % 9 < 2);
  return mask;
}

function boxMask(box: Box): Uint8Array {
  const mask = new Uint8Array(data.length);
  for (let x = box[0][0]; x < box[0][1]; x++)
    for (let y = box[1][0]; y < box[1][1]; y++)
      mask.fill(1, (x * shape[1] + y) * shape[2] + box[2][0], (x * shape[1] + y) * shape[2] + box[2][1]);
  return mask;
}

/** A session, as the gateway keeps it: all that a prediction depends on. */
interface Session {
  prompts: Said[];
  pending: boolean;
  mask: Uint8Array;
  /** The initial mask, while nothing else was said. */
  initial?: Labels;
}

const empty = (): Session => ({ prompts: [], pending: false, mask: new Uint8Array(data.length) });
const whole = wholeOf(shape);

/** @returns the box of the image that was written */
async function predictNext(session: Session, options: Options, autoZoom: boolean, everywhere: boolean, seen: Seen[]) {
  const written = writePrompts(session.prompts, shape, options);
  const look = written.look ?? (session.initial && lookAt(occupiedOf(session.initial)!, patch));
  if (!session.pending || !look) return null;
  const channels = written.channels.with(0, channelOf({ data: session.mask, box: whole }, shape));
  const scene = { ...written, channels, picture, options };
  const { labels, boxes } = await predict(scene, { look, autoZoom, everywhere }, network(seen));
  const mask = { data: session.mask.slice(), box: whole };
  for (const box of boxes) copyLabels(labels, mask, box);
  Object.assign(session, { mask: mask.data, pending: false });
  return overlap(labels.box, whole);
} // prettier-ignore

/** The smallest box around voxels that differ. */
function changed(one: Uint8Array, other: Uint8Array) {
  return occupiedOf({ data: one.map((value, at) => value ^ other[at]), box: whole }) ?? null;
}

/** @returns as the golden program writes its answer: the box, or for an undo both */
async function apply(made: { now: Session; before?: Session }, [kind, ...args]: Step, options: Options, autoZoom: boolean, seen: Seen[]): Promise<unknown> {
  const [first, second, third, fourth] = args as [never, never, never, never];
  if (kind === 'predict') return predictNext(made.now, options, autoZoom, first, seen);
  if (kind === 'undo') {
    if (!made.before) return [false, null];
    const box = changed(made.now.mask, made.before.mask);
    Object.assign(made, { now: made.before, before: undefined });
    return [true, box];
  }
  if (kind === 'reset') return Object.assign(made, { now: empty(), before: undefined }), null;
  made.before = made.now;
  if (kind === 'initial') {
    const mask = boxMask(first);
    made.now = { ...empty(), mask, initial: { data: mask, box: whole }, pending: second };
    return second ? predictNext(made.now, options, autoZoom, true, seen) : null;
  }
  const box: Box = first ?? whole;
  const isMask = kind === 'scribble' || kind === 'lasso';
  const mask = isMask ? { data: lines(box, second), box } : undefined;
  const said = mask ? { mask, positive: third } : kind === 'point' ? { at: first, positive: second } : { box: first, positive: second };
  const isEmpty = mask?.data.includes(1) === false;
  made.now = { ...made.now, prompts: [...made.now.prompts, { kind, ...said } as Said], pending: made.now.pending || !isEmpty };
  const runs = kind === 'point' ? third : fourth;
  return runs === false ? null : predictNext(made.now, options, autoZoom, false, seen);
} // prettier-ignore

/** Tests for the scripts of the golden program with these names. */
export function testScripts(names: readonly string[]): void {
  test('the image is that of the golden program', () => expect(short(bytesOf(data))).toBe(goldens.image));
  test.each(names)('%s: each prompt shows the network the same, and gives the same mask and box', async (wanted) => {
    const { autozoom, decay, steps } = goldens.scripts.find(({ name }) => name === wanted)!;
    const made = { now: empty() };
    for (const { step, answer, sha256, network: calls } of steps) {
      const seen: Seen[] = [];
      const given = await apply(made, step as Step, { ...tinyOptions(patch), decay }, autozoom, seen);
      expect({ step, prompts: seen.map(({ prompts }) => prompts) }).toEqual({ step, prompts: calls.map(({ prompts }) => prompts) });
      seen.forEach(({ image, squares }, at) => {
        expect(Math.abs(image - calls[at].image)).toBeLessThan(1e-5 * calls[at].squares);
        expect(Math.abs(squares - calls[at].squares)).toBeLessThan(1e-5 * calls[at].squares);
      });
      expect({ step, answer: given, mask: short(made.now.mask) }).toEqual({ step, answer, mask: sha256 });
    }
  });
} // prettier-ignore
