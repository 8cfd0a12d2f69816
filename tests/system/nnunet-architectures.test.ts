import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertModel } from '../../gateway/packages/nnunet/convert';
import { createTriton, type Triton } from '../../gateway/triton/triton';
import golden from '../golden/nnunet_architectures.json';
import { checkpoint } from '../packages/nnunet/pickle-builder';
import { numbersOf, plansWith, weightsOf } from '../packages/nnunet/small-network';
import { startRealTriton, type RealTriton } from './real-triton';

type Case = (typeof golden)[number];

let triton: RealTriton;
let client: Triton;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'networks-'));
  triton = await startRealTriton();
  client = createTriton({ url: triton.grpcUrl });
  // Loading takes the time, and Triton loads several models at once.
  await Promise.all(golden.map(async (one) => {
    await place(nameOf(one.name), one);
    await client.models.load(nameOf(one.name));
  }));
}, 600_000); // prettier-ignore

afterAll(async () => {
  await client?.close();
  await triton?.stop();
  rmSync(folder, { recursive: true });
});

const nameOf = (title: string) => title.replaceAll(/\W+/g, '_');

/** A model of Triton, made of a checkpoint with the golden network's weights. */
async function place(name: string, { architecture, patch, channels, heads, mirrored, sizes }: Case): Promise<void> {
  const labels = Object.fromEntries(Array.from({ length: heads }, (_, label) => [label ? `label ${label}` : 'background', label]));
  const names = Object.fromEntries(Array.from({ length: channels }, (_, channel) => [channel, `channel ${channel}`]));
  const schemes = { normalization_schemes: Array(channels).fill('NoNormalization'), use_mask_for_norm: Array(channels).fill(false) };
  const file = join(folder, `${name}.pth`);
  writeFileSync(file, checkpoint({
    weights: weightsOf(sizes as [string, number[]][]),
    plans: plansWith(architecture, patch, schemes),
    dataset: { channel_names: names, labels },
    configuration: 'test',
    mirrorAxes: mirrored,
  }));
  const directory = join(folder, name);
  await convertModel({ name, members: [{ checkpoints: [file] }], directory });
  const target = join(triton.repository, name);
  mkdirSync(target);
  writeFileSync(join(target, 'config.pbtxt'), 'platform: "onnxruntime_onnx"');
  cpSync(join(directory, 'repository', 'version'), join(target, '1'), { recursive: true });
} // prettier-ignore

/** The golden program's `image`. */
function imageOf({ input, channels, patch }: Case): Float32Array {
  const data = new Float32Array(patch.reduce((product, n) => product * n, channels)).fill(
    input === 'tissue' ? 0 : -3.1,
  );
  const numbers = numbersOf('input');
  const isInside = (at: number) => {
    const index = patch.map((n, d) => Math.floor(at / patch.slice(d + 1).reduce((product, m) => product * m, 1)) % n);
    return index.every((i, d) => i >= Math.floor(patch[d] / 4) && i < Math.floor(patch[d] / 2));
  };
  for (let at = 0; at < data.length; at++) {
    if (input === 'tissue') data[at] = Math.fround(numbers.next().value as number) * 2;
    else if (input === 'mostly air' && isInside(at)) data[at] = numbers.next().value as number;
  }
  return data;
}

test.each(golden.map((one): [string, Case] => [one.name, one]))('%s: the logits are those of torch', async (title, one) => {
  const input = { name: 'input', datatype: 'FP32' as const, shape: [1, one.channels, ...one.patch], data: imageOf(one) };
  const answer = await client.infer({ model: nameOf(title), inputs: [input], outputs: [{ name: 'logits' }] });
  const { shape, data } = answer.get('logits')!;
  expect(shape).toEqual([1, one.heads, ...one.patch]);
  const differences = one.logits.map(([at, expected]) => Math.abs((data as Float32Array)[at] - expected));
  expect(Math.max(...differences)).toBeLessThan(1e-4);
}); // prettier-ignore
