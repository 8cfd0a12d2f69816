import { createHash } from 'node:crypto';
import { Interaction } from '../../../../gateway/pipeline/inferers/nninteractive/interaction';
import { statisticsOf, type Picture } from '../../../../gateway/pipeline/inferers/nninteractive/picture';
import { labelsIn } from '../../../../gateway/pipeline/inferers/nninteractive/paste';
import { sizeOfBox, wholeOf, type Box, type Three } from '../../../../gateway/pipeline/inferers/nninteractive/boxes';
import type { SparseHalves } from '../../../../gateway/pipeline/inferers/nninteractive/sparse-halves';
import goldens from '../../../golden/nninteractive.json';
import { tinyOptions } from './tiny-options';

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
const picture: Picture = { shape, data, ...statisticsOf(data, shape)! };
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
    const f = Math.fround;
    const mask = new Uint8Array(n);
    const bits = new Uint32Array(input.buffer, input.byteOffset, input.length);
    let [image, squares, prompts] = [0, 0, 0];
    for (let at = 0; at < n; at++) {
      image += input[at];
      squares += input[at] ** 2;
      let score = f(input[at] - 0.6875);
      for (let c = 1, from = at + n; c < 8; c++, from += n) {
        score = f(score + f(input[from] * weights[c]));
        prompts = (prompts + Math.imul(bits[from], 2 * (from - n) + 1)) | 0;
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

/** @returns as the golden program writes its answer: the box, or for an undo both */
async function apply(made: Interaction, [kind, ...args]: Step, autoZoom: boolean, seen: Seen[]): Promise<unknown> {
  const predict = async (everywhere = false) => (await made.predict(picture, network(seen), { autoZoom, everywhere })) ?? null;
  const [first, second, third, fourth] = args as [never, never, never, never];
  if (kind === 'undo') {
    const { isUndone, changed } = made.undo();
    return [isUndone, changed ?? null];
  }
  if (kind === 'reset') return made.reset(), null;
  if (kind === 'predict') return predict(first);
  if (kind === 'initial') {
    made.addInitialMask(boxMask(first), second);
    return second ? predict(true) : null;
  }
  if (kind === 'point') made.addPoint(first, second);
  else if (kind === 'box') made.addBox(first, second);
  else {
    const box: Box = first ?? wholeOf(shape);
    made.addMask(kind as 'lasso', { data: lines(box, second), box }, third);
  }
  const runs = kind === 'point' ? third : fourth;
  return runs === false ? null : predict();
} // prettier-ignore

const hashOf = (mask: SparseHalves) => short(labelsIn(mask, wholeOf(shape)).data);

test('the image is that of the golden program', () => expect(short(bytesOf(data))).toBe(goldens.image));

describe.each(goldens.scripts)('$name', ({ autozoom, decay, steps }) => {
  test('each prompt shows the network the same, and gives the same mask and box', async () => {
    const made = new Interaction(shape, { ...tinyOptions(patch), decay, undo: 1 });
    for (const { step, answer, sha256, previous, network: calls } of steps) {
      const seen: Seen[] = [];
      const given = await apply(made, step as Step, autozoom, seen);
      expect({ step, prompts: seen.map(({ prompts }) => prompts) }).toEqual({ step, prompts: calls.map(({ prompts }) => prompts) });
      seen.forEach(({ image, squares }, at) => {
        expect(Math.abs(image - calls[at].image)).toBeLessThan(1e-5 * calls[at].squares);
        expect(Math.abs(squares - calls[at].squares)).toBeLessThan(1e-5 * calls[at].squares);
      });
      const masks = { mask: hashOf(made.state.target), previous: hashOf(made.state.channels[0]) };
      expect({ step, answer: given, ...masks }).toEqual({ step, answer, mask: sha256, previous });
    }
  }); // prettier-ignore
});
