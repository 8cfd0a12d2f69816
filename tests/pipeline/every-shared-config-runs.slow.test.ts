import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Job } from '../../gateway/pipeline/job';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { encodePng } from '../../gateway/imaging/formats/png';
import type { Volume } from '../../gateway/imaging/volume';
import { runJob } from '../../gateway/pipeline/run-job';
import { parseModelConfig } from '../../gateway/config/parse-model-config';
import type { ModelSpec } from '../../gateway/model-spec';
import { StageClock } from '../../gateway/telemetry/stages';
import { describeWithData } from '../shared-data';
import { offlineContext, type Predictor } from './offline-context';
import { resultPath } from './result-path';

/** 40 x 36 x 30 voxels of 1.5 x 1.6 x 2 mm, stored LPS-like: a bright box in noise. `channels` makes it 4-D. */
function volumeFile(channels: number): Buffer {
  const [nx, ny, nz] = [40, 36, 30];
  const file = Buffer.alloc(352 + 2 * nx * ny * nz * channels);
  file.writeInt32LE(348, 0);
  [channels > 1 ? 4 : 3, nx, ny, nz, channels, 1, 1, 1].forEach((value, at) => file.writeInt16LE(value, 40 + 2 * at));
  file.writeInt16LE(4, 70);
  file.writeInt16LE(16, 72);
  [1, 1.5, 1.6, 2, 1].forEach((value, at) => file.writeFloatLE(value, 76 + 4 * at));
  file.writeFloatLE(352, 108);
  file.writeFloatLE(1, 112);
  file.writeInt16LE(1, 254);
  [-1.5, 0, 0, 60, 0, -1.6, 0, 40, 0, 0, 2, -30].forEach((value, at) => file.writeFloatLE(value, 280 + 4 * at));
  file.write('n+1\0', 344, 'latin1');
  for (let n = 0, c = 0; c < channels; c++) {
    for (let k = 0; k < nz; k++) {
      for (let j = 0; j < ny; j++) {
        for (let i = 0; i < nx; i++, n++) {
          const inside = i > 9 && i < 28 && j > 7 && j < 26 && k > 5 && k < 22;
          file.writeInt16LE(inside ? 150 + (n % 7) : 5 + (n % 11), 352 + 2 * n);
        }
      }
    }
  }
  return file;
}

/**
 * A network of the right shape: labels of bright voxels. One output channel is the input's first and a little, so that bright voxels of a
 * normalised image are above 0 and dark ones below; of several, channel 0 is 0.45 and channel 1 the input, the others are colder.
 */
function standIn(channelsOut: number, background = 0.45): Predictor {
  return ({ inputs: [input], outputs }) => {
    const [batch, channels, ...spatial] = input.shape;
    const size = spatial.reduce((a, b) => a * b, 1);
    const given = input.data as Float32Array;
    const data = new Float32Array(batch * channelsOut * size);
    for (let b = 0; b < batch; b++) {
      const bright = given.subarray(b * channels * size, b * channels * size + size);
      data.fill(-5, b * channelsOut * size, (b + 1) * channelsOut * size);
      if (channelsOut > 1) data.fill(background, b * channelsOut * size, b * channelsOut * size + size);
      if (channelsOut > 1) data.set(bright, (b * channelsOut + 1) * size);
      else for (let i = 0; i < size; i++) data[b * size + i] = bright[i] + 0.2;
    }
    const shape = [batch, channelsOut, ...spatial];
    return Promise.resolve(new Map(outputs.map(({ name }) => [name, { name, datatype: 'FP32', shape, data }])));
  };
}

/** The channels of a 4-D file as files of their own. */
function channelFiles(file: Buffer, channels: number): Buffer[] {
  const size = (file.length - 352) / channels;
  return Array.from({ length: channels }, (_, c) => {
    const one = Buffer.concat([file.subarray(0, 352), file.subarray(352 + c * size, 352 + (c + 1) * size)]);
    one.writeInt16LE(3, 40);
    one.writeInt16LE(1, 48);
    return one;
  });
}

/** Of each channel of the first image in the batch. */
function hottest({ shape, data }: { shape: readonly number[]; data: unknown }): number[] {
  const size = shape.slice(2).reduce((a, b) => a * b, 1);
  const channel = (c: number) => (data as Float32Array).subarray(c * size, (c + 1) * size);
  return Array.from({ length: shape[1] }, (_, c) => channel(c).reduce((a, b) => Math.max(a, b)));
}

interface Case {
  file: string;
  /** Channels of the image, and of the answer. @default 1 and 2 */
  image?: number;
  out?: number;
  /** Channel 0 of the answer. @default 0.45 */
  background?: number;
  /** What the bright voxels become. @default 1 */
  label?: number;
  params?: Job['params'];
  /** True: a file for each channel. */
  apart?: boolean;
  /** Channels the network gets, where clicks make some: each as hot as 1 somewhere. */
  network?: number;
  /** Models that a pipeline calls. */
  calls?: Record<string, string>;
}

const clicks = { foreground: [[18, 16, 12], [20, 15, 12]], background: [[2, 3, 12]] }; // prettier-ignore
const deepgrow = { out: 1, params: clicks };
const both = (two: string, three: string) => ({
  [two]: 'v4-deepgrow2d.config_aiaa.json',
  [three]: 'v4-deepgrow3d.config_aiaa.json',
});

// prettier-ignore
const runs: Case[] = [
  { file: 'v4.0-spleen-segmentation.config_aiaa.json' },
  { file: 'v4.1-spleen-segmentation.config_aiaa.json' },
  { file: 'v4-deepgrow2d.config_aiaa.json', ...deepgrow },
  { file: 'v4-deepgrow3d.config_aiaa.json', ...deepgrow },
  { file: 'v4ea-deepgrow2d.config_aiaa.json', ...deepgrow },
  { file: 'v4ea-deepgrow3d.config_aiaa.json', ...deepgrow },
  { file: 'v4-deepgrow2d3d-pipeline.json', ...deepgrow, calls: both('GA_deepgrow_2d', 'GA_deepgrow_3d') },
  { file: 'v4-deepgrow-pipeline-mmar.json', ...deepgrow, calls: both('MyDeepgrow_2D', 'MyDeepgrow_3D') },
  { file: 'v4ea-deepgrow-pipeline.json', ...deepgrow, calls: both('MySpleenDeepgrow_2D', 'MySpleenDeepgrow_3D') },
  { file: 'bundle-spleen_ct_segmentation-inference.json' },
  { file: 'bundle-prostate_mri_anatomy-inference.json', out: 3 },
  { file: 'bundle-wholeBody_ct_segmentation-inference.json', out: 105 },
  // Label 2 (whole tumour) where only channel 1 is bright.
  { file: 'bundle-brats_mri_segmentation-inference.json', image: 4, out: 3, background: -5, label: 2 },
  { file: 'bundle-brats_mri_segmentation-inference.json', image: 4, apart: true, out: 3, background: -5, label: 2 },
  // Image, clicks of the organ, clicks of the background.
  { file: 'bundle-spleen_deepedit_annotation-inference.json', params: clicks, network: 3 },
];

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

describe.each(runs.map((run) => ({ apart: false, ...run })))('$file, a file per channel: $apart', ({ file, image: channels = 1, out = 2, background, label = 1, params = {}, calls = {}, network, apart }) => {
  const called = Object.entries(calls);
  describeWithData('with its models', [file, ...called.map(([, other]) => other)].map((name) => `configs/${name}`), (...files) => {
    test('its whole chain gives a mask on the grid of the file', async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'config-'));
      try {
        const spec = parseModelConfig(read(files[0]), 'm');
        const specs: [string, ModelSpec][] = called.map(([name], n) => [name, parseModelConfig(read(files[n + 1]), name)]);
        const input = volumeFile(channels);
        const imagePath = path.join(directory, 'image.nii');
        writeFileSync(imagePath, input);
        const parts = apart ? channelFiles(input, channels).map((bytes, c) => ({ field: 'file', path: `${imagePath}.${c}`, name: `${c}.nii`, bytes })) : [];
        for (const { path: place, bytes } of parts) writeFileSync(place, bytes);
        const job: Job = {
          id: 'x', files: parts, spec, modelVersion: '1', image: { path: imagePath, name: 'image.nii' }, params, directory, options: { resampling: 'half-pixel' },
          related: Object.fromEntries(specs.map(([name, other]) => [name, { spec: other, modelVersion: '1' }])),
        }; // prettier-ignore
        const context = offlineContext((request) => {
          if (network) expect(hottest(request.inputs[0])).toEqual([expect.any(Number), ...Array<number>(network - 1).fill(1)]);
          return standIn(out, background)(request);
        }); // prettier-ignore
        const result = await runJob(job, context, new StageClock());
        const bytes = readFileSync(resultPath(result.file!));
        const mask = result.file!.name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
        expect([1, 2, 3].map((d) => mask.readInt16LE(40 + 2 * d))).toEqual([40, 36, 30]);
        expect(mask.subarray(252, 328)).toEqual(input.subarray(252, 328));
        const at = (i: number, j: number, k: number) => mask[352 + (i + 40 * (j + 36 * k)) * (mask.readInt16LE(72) / 8)];
        const slice = 'foreground' in params ? 12 : 14;
        expect([at(18, 16, slice), at(2, 2, 2)]).toEqual([label, 0]);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  });
}); // prettier-ignore

describeWithData('a picture', ['configs/bundle-endoscopic_tool_segmentation-inference.json'], (config) => {
  test('goes through columns first and comes back rows first, 255 where the tool is', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'config-'));
    try {
      // 20 rows of 30 columns; a tool in rows 4 to 9 and columns 18 to 26.
      const [rows, columns] = [20, 30];
      const data = Uint8Array.from({ length: 3 * rows * columns }, (_, n) => {
        const [row, column] = [Math.floor(n / 3 / columns), Math.floor(n / 3) % columns];
        return row >= 4 && row < 10 && column >= 18 && column < 27 ? 250 : 10;
      });
      const picture: Volume = { data, shape: [rows, columns, 3], strides: [3 * columns, 3, 1], axes: 'XYC', properties: {} };
      const imagePath = path.join(directory, 'image.png');
      writeFileSync(imagePath, encodePng(picture));
      const spec = parseModelConfig(read(config), 'm');
      const job: Job = { id: 'x', spec, modelVersion: '1', image: { path: imagePath, name: 'image.png' }, params: {}, directory, options: { resampling: 'half-pixel' } };
      const sizes: number[][] = [];
      const infer: Predictor = (request) => {
        sizes.push([...request.inputs[0].shape]);
        return standIn(2)(request);
      };
      const result = await runJob(job, offlineContext(infer), new StageClock());
      expect(sizes).toEqual([[1, 3, 736, 480]]);
      expect(result.file!.name).toBe('result.png');
      const { volume } = await decodeImage(resultPath(result.file!), 'result.png');
      expect(volume.shape).toEqual([rows, columns]);
      const at = (row: number, column: number) => volume.data[row * volume.strides[0] + column * volume.strides[1]];
      expect([at(6, 22), at(6, 8), at(15, 22), at(0, 0)]).toEqual([255, 0, 0, 0]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}); // prettier-ignore
