import { readFileSync } from 'node:fs';
import golden from '../golden/transforms_versions.json';
import type { NumericArray, Volume } from '../../gateway/imaging/volume';
import { inverses } from '../../gateway/transforms/definition';
import type { MonaiVersion } from '../../gateway/transforms/monai-version';
import { findTransform } from '../../gateway/transforms/registry';
import { describeWithData } from '../shared-data';
import { expectSampled, type Sampled } from './golden';
import { checkedArgs, run, sampleWith } from './samples';

interface Made {
  shape: number[];
  affine: number[];
  values: number[];
}

interface Step {
  name: string;
  args: Record<string, unknown>;
  shape: number[];
  affine: number[];
  image: number[] | null;
  out: Made;
  back: Made | null;
}

interface Answers {
  steps: Step[];
  files: { file: string; out: Sampled & { affine: number[] }; back: (Sampled & { affine: number[] }) | null }[];
}

const versions = Object.entries(golden as unknown as Record<string, Answers>) as [MonaiVersion, Answers][];
const optionsOf = (monai: MonaiVersion) => ({ resampling: 'half-pixel', monai, bundle: true }) as const;

describe.each(versions)('MONAI %s', (version, { steps, files }) => {
  test.each(steps.map((step, n) => [n, step.name, JSON.stringify(step.args), step] as const))('%i: %s %s, and back', (_, __, ___, step) => {
    expect(differenceOf(step, version)).toBeUndefined();
  });

  describe.each(files)('$file to 3 mm and back', ({ file: name, out, back }) => {
    describeWithData('with the file', [`data/${name}`], (file) => {
      test('shape, affine and voxels', async () => {
        const sample = sampleWith({}, {}, file);
        await run(sample, 'LoadImaged', { keys: 'image', ensure_channel_first: true });
        await findTransform('Spacingd')!.apply(sample, checkedArgs('Spacingd', { keys: 'image', pixdim: [3, 3, 3] }), optionsOf(version));
        const made = sample.volume('image');
        expectSampled(made, out);
        made.affine!.forEach((value, i) => expect(Math.abs(value - out.affine[i])).toBeLessThan(1e-3));
        if (back) expectSampled(inverses.get('Spacingd')!(made, sample.history.at(-1)!.state, false), back);
      });
    });
  });
}); // prettier-ignore

const more = (process.env.MONAI_CASES ?? '').split(',').filter((path) => path !== '');

/**
 * Random cases that `transforms_versions.py` made; half-way samples of turned and sheared grids, which floating point noise of LAPACK decides,
 * may differ.
 */
(more.length > 0 ? test.each(more) : test.skip.each(['needs files named by MONAI_CASES']))('random cases of %s', (path) => {
  const all = JSON.parse(readFileSync(path, 'utf8')) as Record<MonaiVersion, Step[]>;
  for (const [version, cases] of Object.entries(all) as [MonaiVersion, Step[]][]) {
    const differences = cases.flatMap((step) => {
      const found = differenceOf(step, version);
      return found ? [`${step.name} ${JSON.stringify(step.args)}, ${step.shape.join(' x ')}, affine ${step.affine.join(' ')}: ${found}`] : [];
    });
    process.stdout.write(`MONAI ${version}: ${differences.length} of ${cases.length} cases differ\n${differences.join("\n")}\n`);
    expect(differences.length).toBeLessThan(cases.length / 20);
  }
}); // prettier-ignore

/** What is not as MONAI has it, in words. */
function differenceOf(step: Step, version: MonaiVersion): string | undefined {
  const sample = sampleWith({ image: volumeOf(step) });
  const definition = findTransform(step.name)!;
  void definition.apply(sample, checkedArgs(step.name, { keys: 'image', ...step.args }), optionsOf(version));
  const made = sample.volume('image');
  const there = unlike(made, step.out, followsAffine(step, version));
  if (there || !step.back) return there;
  const { state } = sample.history.at(-1)!;
  const back = unlike(inverses.get(step.name)!(made, state, false), step.back, followsAffine(step, version));
  return back && `back, ${back}`;
}

/** MONAI 0.8 leaves the affine as it was, and MONAI before 1.6 places aligned corners half a voxel off: neither is followed. */
function followsAffine({ name, args }: Step, version: MonaiVersion): boolean {
  if (version.startsWith('0.')) return !['Resized', 'Zoomd', 'CropForegroundd'].includes(name);
  return name !== 'Resized' || !args.align_corners || version >= '1.6';
}

function volumeOf({ shape, affine, image }: Step): Volume {
  const [, nx, ny, nz] = shape;
  const data = Float32Array.from(image ?? Array.from({ length: nx * ny * nz }, (_, i) => (i * 37) % 101));
  return { data, shape, strides: [nx * ny * nz, ny * nz, nz, 1], axes: 'CXYZ', affine, properties: {} };
}

function unlike(volume: Volume, expected: Made, withAffine: boolean): string | undefined {
  if (volume.shape.join() !== expected.shape.join()) return `shape ${volume.shape.join()} is ${expected.shape.join()}`;
  const place = Math.max(...volume.affine!.map((value, i) => Math.abs(value - expected.affine[i])));
  if (withAffine && place > 2e-4) return `affine off by ${place}`;
  const wrong = listed(volume).filter((value, i) => !(Math.abs(value - expected.values[i]) <= 2e-3)).length;
  return wrong > 0 ? `${wrong} of ${expected.values.length} values` : undefined;
}

/** Values in C order. */
function listed({ data, shape, strides }: Volume<NumericArray>): number[] {
  const places = shape.reduce<number[]>((from, n, d) => from.flatMap((at) => Array.from({ length: n }, (_, i) => at + i * strides[d])), [0]);
  return places.map((at) => data[at]);
} // prettier-ignore
