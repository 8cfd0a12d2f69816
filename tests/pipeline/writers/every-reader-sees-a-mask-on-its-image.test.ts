import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { largestDistance } from '../../../gateway/imaging/geometry';
import { decodeImage, ImageError } from '../../../gateway/imaging/formats/decode';
import { affineInNibabel, inMillimetres } from '../../../gateway/imaging/formats/nifti/geometry';
import { parseNiftiHeader } from '../../../gateway/imaging/formats/nifti/header';
import { affineInItk } from '../../../gateway/imaging/formats/nifti/itk-reading';
import { writeResult } from '../../../gateway/pipeline/writers/writers';
import type { Volume } from '../../../gateway/imaging/volume';
import { findTransform } from '../../../gateway/transforms/registry';
import { RequestError, Sample } from '../../../gateway/transforms/sample';
import { writerDefinitions } from '../../../gateway/transforms/writers';
import goldens from '../../golden/placements.json';
import { temporaryFile, temporaryFolder } from '../../imaging/formats/temporary-file';
import { makeNifti1 } from '../../imaging/formats/nifti/make-nifti';
import { makeDicom } from '../../imaging/formats/dicom/make-dicom';
import { resultPath } from '../result-path';
import { testThatNeeds } from '../../needs';
import { textsOf } from '../../texts-of';

const EXTENSIONS = ['.nii', '.nii.gz', '.nrrd', '.mha'];
/** mm */
const SAME_PLACE = 0.01;

interface Mask {
  path: string;
  warnings: string[];
  image: Volume;
}

/** The image as its own mask, in the format that the request names. */
async function maskOf(path: string, name: string, extension: string): Promise<Mask> {
  const sample = new Sample(new Map([['image', [{ path, name }]]]), { result_extension: extension });
  const load = findTransform('LoadNifti')!;
  await load.apply(sample, load.args.parse({ fields: 'image' }), { resampling: 'half-pixel' });
  const { args } = writerDefinitions.find((one) => one.name === 'WriteNifti')!;
  const step = {
    name: 'WriteNifti',
    args: args.parse({ field: 'image', dtype: 'float32' }) as Record<string, unknown>,
  };
  const job = { params: sample.params, image: { path, name }, directory: temporaryFolder() };
  const { file } = await writeResult(sample, step, job);
  return { path: resultPath(file!), warnings: textsOf(sample.warned), image: sample.volume('image') };
}

const headerOf = (path: string) => {
  const bytes = readFileSync(path);
  return parseNiftiHeader(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes, 'mask');
};

describe('a NIfTI image', () => {
  const images = goldens.slice(0, 40).map(({ header }, at) => ({ at, header: Buffer.from(header, 'base64') }));

  test.each(images)('$at: the mask lies there for nibabel and SimpleITK', async ({ header: bytes }) => {
    const header = parseNiftiHeader(bytes, 'golden');
    const voxels = Buffer.alloc(header.dim.reduce((a, b) => a * b));
    const path = temporaryFile('image.nii', Buffer.concat([bytes, Buffer.alloc(4), voxels]));
    const shape = [...header.dim, 1].slice(0, 3);
    for (const extension of EXTENSIONS) {
      const mask = await maskOf(path, 'image.nii', extension);
      const inItk = affineInItk(header);
      if (!extension.startsWith('.nii')) {
        const { affine } = (await decodeImage(mask.path, basename(mask.path))).volume;
        if (inItk) expect(largestDistance(affine!, inItk, shape)).toBeLessThan(SAME_PLACE);
        continue;
      }
      const written = headerOf(mask.path);
      const [wanted, got] = [header, written].map((one) => inMillimetres(affineInNibabel(one), one));
      expect(largestDistance(got, wanted, shape)).toBeLessThan(SAME_PLACE);
      expect(affineInItk(written)).toEqual(inItk);
      expect([written.qformCode, written.sformCode]).toEqual([header.qformCode, header.sformCode]);
      if (!inItk && header.dim.length > 2)
        expect(mask.warnings).toEqual([expect.stringMatching(/sform of the image is sheared.*open neither/)]);
    }
  });
});

test('a NIfTI image whose forms differ in the direction of an axis alone: no mask in a format of ITK, which may take either', async () => {
  const forms = {
    sform: { code: 2, rows: [2, 0, 0, 1, 0, 3, 0, 2, 0, 0, 4, 3] },
    qform: { code: 1, quatern: [0, 0, 0], offset: [1, 2, 3] },
  };
  const file = (qfac: number) =>
    temporaryFile(
      'a.nii',
      makeNifti1({ dim: [2, 2, 2], datatype: 2, voxels: new Uint8Array(8), pixdim: [qfac, 2, 3, 4], ...forms }),
    );
  for (const extension of ['.nrrd', '.mha']) {
    await expect(maskOf(file(-1), 'a.nii', extension)).rejects.toThrow(
      /differ in the order or direction of its axes.*\.nii\.gz/,
    );
    await expect(maskOf(file(1), 'a.nii', extension)).resolves.toBeDefined();
  }
  const { qformCode, pixdim } = headerOf((await maskOf(file(-1), 'a.nii', '.nii')).path);
  expect([qformCode, pixdim[0]]).toEqual([1, -1]);
});

describe('an NRRD image', () => {
  const nrrd = (steps: number[][]) =>
    temporaryFile(
      'a.nrrd',
      Buffer.concat([
        Buffer.from(
          ['NRRD0005', 'type: uint8', 'dimension: 3', 'space: left-posterior-superior', 'sizes: 7 5 3',
            `space directions: ${steps.map((step) => `(${step.join(',')})`).join(' ')}`, 'kinds: domain domain domain', 'encoding: raw',
            'space origin: (-10,-20,30)', '', ''].join('\n'),
        ),
        Buffer.alloc(105),
      ]),
    ); // prettier-ignore

  test('at right angles: both forms of a NIfTI mask are coded and equal', async () => {
    const turned = [[0.6, 0.8, 0], [-1.6, 1.2, 0], [0, 0, -4]]; // prettier-ignore
    for (const extension of ['.nii', '.nii.gz']) {
      const { path, warnings } = await maskOf(nrrd(turned), 'a.nrrd', extension);
      const header = headerOf(path);
      expect([header.qformCode, header.sformCode, header.xyztUnits, warnings]).toEqual([1, 1, 2, []]);
      const expected = [-0.6, 1.6, 0, 10, -0.8, -1.2, 0, 20, 0, 0, -4, 30, 0, 0, 0, 1];
      for (const form of [header, { ...header, sformCode: 0 }])
        expect(largestDistance(affineInNibabel(form), expected, [7, 5, 3])).toBeLessThan(1e-5);
    }
  });

  test('sheared: NRRD and MetaImage hold it, NIfTI is refused with the formats that do', async () => {
    const sheared = nrrd([[2, 0, 0], [0, 3, 0], [0, 0.7, 4]]); // prettier-ignore
    for (const extension of ['.nrrd', '.mha']) {
      const { path, image } = await maskOf(sheared, 'a.nrrd', extension);
      const { affine } = (await decodeImage(path, basename(path))).volume;
      expect(largestDistance(affine!, image.affine!, [7, 5, 3])).toBeLessThan(1e-6);
    }
    const refusal = maskOf(sheared, 'a.nrrd', '.nii.gz');
    await expect(refusal).rejects.toThrow(RequestError);
    await expect(refusal).rejects.toThrow(/axes are 9\.9 degrees off the right angle; ask for .*\.nrrd/);
  });

  test('off the right angle by rounded directions: written, and what that is in mm is said', async () => {
    const rounded = nrrd([[0, 200, 0], [-300, 0.3, 0], [0, 0, 4]]); // prettier-ignore
    const { path, warnings } = await maskOf(rounded, 'a.nrrd', '.nii.gz');
    expect(warnings).toEqual([expect.stringMatching(/up to 0\.\d+ mm off .* 0\.057 degrees off the right angle/)]);
    const header = headerOf(path);
    const exact = [0, 300, 0, 10, -200, -0.3, 0, 20, 0, 0, 4, 30, 0, 0, 0, 1];
    expect(largestDistance(affineInNibabel(header), exact, [7, 5, 3])).toBeLessThan(1e-4);
    // Half of the angle to each axis, about the middle.
    expect(largestDistance(affineInItk(header)!, exact, [7, 5, 3])).toBeLessThan(0.5 * 0.001 * 900);
  });
});

test('a DICOM series: both forms of a NIfTI mask are coded and equal', async () => {
  const folder = temporaryFolder();
  for (const z of [0, 1, 2]) writeFileSync(join(folder, `${z}.dcm`), makeDicom({ position: [1, 2, 3 * z] }));
  const header = headerOf((await maskOf(folder, 'series', '.nii.gz')).path);
  expect([header.qformCode, header.sformCode]).toEqual([1, 1]);
  expect(affineInItk(header)).toEqual(affineInNibabel(header));
});

/** The same with the readers themselves, on images of every format: PAIRS of them. */
const python = process.env.AIAA_REFERENCE_PYTHON;

testThatNeeds('AIAA_REFERENCE_PYTHON', python)(
  'nibabel and SimpleITK see each mask within 0.01 mm of its image, or the request is refused',
  async () => {
    const program = join(__dirname, '../../golden/placements.py');
    const folder = temporaryFolder();
    const count = Math.ceil(Number(process.env.PAIRS ?? 400) / EXTENSIONS.length);
    execFileSync(python!, [program, 'make', folder, process.env.SEED ?? '1', String(count)]);
    const names = JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8')) as string[];
    const pairs: [string, string][] = [];
    const said: string[][] = [];
    const refusals = new Map<string, number>();
    for (const name of names) {
      for (const extension of EXTENSIONS) {
        try {
          const { path, warnings } = await maskOf(join(folder, name), name, extension);
          const mask = join(folder, `mask.${name}${extension}`);
          copyFileSync(path, mask);
          pairs.push([join(folder, name), mask]);
          said.push(warnings);
        } catch (error) {
          if (!(error instanceof RequestError) && !(error instanceof ImageError)) throw error;
          const reason = error.message.replace(/".*?"|[\d.]+/g, 'N').slice(0, 120);
          refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
        }
      }
    }
    writeFileSync(join(folder, 'pairs.json'), JSON.stringify(pairs));
    const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;
    const found = JSON.parse(execFileSync(python!, [program, 'compare', folder], options)) as Record<string, number | null>[]; // prettier-ignore
    const compared = found.flatMap((readers) => Object.keys(readers));
    const wrong = found.flatMap((readers, at) =>
      Object.entries(readers)
        .filter(([, mm]) => mm === null || (mm > SAME_PLACE && said[at].length === 0))
        .map(([reader, mm]) => ({ reader, mm, image: basename(pairs[at][0]), mask: basename(pairs[at][1]) })),
    );
    const warned = found.filter((readers, at) => said[at].length > 0 && Object.values(readers).some((mm) => mm! > SAME_PLACE)); // prettier-ignore
    process.stdout.write(
      `${JSON.stringify({
        images: names.length,
        masks: pairs.length,
        nibabel: compared.filter((reader) => reader === 'nibabel').length,
        SimpleITK: compared.filter((reader) => reader === 'SimpleITK').length,
        warned: warned.length,
        mostWarned: Math.max(0, ...warned.flatMap((readers) => Object.values(readers) as number[])),
        refusals: Object.fromEntries(refusals),
        wrong: wrong.length,
      })}\n`,
    );
    expect(wrong.slice(0, 20)).toEqual([]);
  },
  3_600_000,
);
