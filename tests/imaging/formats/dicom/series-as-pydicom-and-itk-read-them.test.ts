import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { decodeAsFloat32, decodeImage, toFloat32 } from '../../../../gateway/imaging/formats/decode';
import series from '../../../golden/dicom_series.json';
import { temporaryFolder } from '../temporary-file';

interface Golden {
  /** zlib of a JSON array of files in base64. */
  files: string;
  shape: number[];
  /** zlib of float32: columns fastest, then rows, then slices along the normal. */
  values: string;
  /** Three rows, voxel -> LPS mm. */
  affine: number[];
}

const goldens: Record<string, Golden> = series;
const unpack = (text: string) => inflateSync(Buffer.from(text, 'base64'));

/** Files whose names say nothing of their order. */
function write({ files }: Golden): { folder: string; paths: string[] } {
  const folder = temporaryFolder();
  const contents = JSON.parse(unpack(files).toString()) as string[];
  const paths = contents.map((content, at) => {
    const path = join(folder, `IM${(at * 7) % 11}`);
    writeFileSync(path, Buffer.from(content, 'base64'));
    return path;
  });
  return { folder, paths };
}

const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

test.each(Object.keys(goldens))('%s', async (kind) => {
  const golden = goldens[kind];
  const { folder, paths } = write(golden);
  const image = await decodeImage(folder, 'series');
  const real = toFloat32(image);
  expect(real.shape).toEqual(golden.shape);
  expect(bits(real.data)).toBe(unpack(golden.values).toString('hex'));
  const lps = real.affine!.slice(0, 12).map((value, at) => (at < 8 ? -value : value));
  golden.affine.forEach((value, at) => expect(lps[at]).toBeCloseTo(value, 4));

  const straight = await decodeAsFloat32(folder, 'series');
  expect(bits(straight.volume.data)).toBe(bits(real.data));
  if (paths.length > 1) return;
  const file = await decodeImage(paths[0], 'file');
  expect(bits(toFloat32(file).data)).toBe(bits(real.data));
  expect(file.volume.affine).toEqual(image.volume.affine);
});

test('16 bits stay 16 bits where all slices agree', async () => {
  const kept = ['one rescale', 'one slope with a fraction', 'beyond 16 bits', 'MONOCHROME1', 'frames, one slope'];
  const types = kept.map(
    async (kind) => (await decodeImage(write(goldens[kind]).folder, 'series')).volume.data.constructor.name,
  );
  expect(new Set(await Promise.all(types))).toEqual(new Set(['Int16Array']));
});
