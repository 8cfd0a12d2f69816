import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { zipOf } from '../packages/zip-builder';
import { putModel, type Answer } from './client';
import { brightConfig } from './onnx-builder';

/** Windows of {@link SLOW_IMAGE}; the model takes 0.1 s for each. */
export const SLOW_WINDOWS = 25;

/** Clara's overlap of a quarter: one window every 6 voxels, and one at the end. */
const lengthOf = (windows: number) => (windows - 1) * 6 + 2;

function imageOf(dim: [number, number, number]): Buffer {
  const length = dim[0] * dim[1] * dim[2];
  return makeNifti1({ dim, datatype: 2, voxels: Uint8Array.from({ length }, (_, i) => i % 100) });
}

/** One window: 0.1 s. */
export const ONE_WINDOW = imageOf([8, 8, 8]);

/** One row of windows along Z. */
export const SLOW_IMAGE = imageOf([8, 8, lengthOf(SLOW_WINDOWS)]);

/** 2,500 windows, 4 minutes: for a job that is to be cancelled, and not to end before on a machine that is slow. */
export const ENDLESS_IMAGE = imageOf([8, lengthOf(50), lengthOf(50)]);

/** From now on the model answers nothing, until the function that comes back is called: for a job that is to end, but not before. */
export function holdSlowModel(repository: string): () => void {
  const file = path.join(repository, 'slow/1/hold');
  writeFileSync(file, '');
  return () => rmSync(file);
}

/** One click on it: eight windows along Y. */
export const CLICKED_IMAGE = imageOf([8, lengthOf(8), 8]);
const keys = { keys: 'image' };
const readClicks = [
  { name: 'monai.transforms.LoadImaged', args: keys },
  { name: 'monai.transforms.AsChannelFirstd', args: keys },
  {
    name: 'monai.apps.deepgrow.transforms.AddGuidanceFromPointsd',
    args: { ref_image: 'image', guidance: 'guidance', dimensions: 3 },
  },
  { name: 'monai.transforms.AddChanneld', args: keys },
];

/** Publishes a Python model that takes 0.1 s for a window of 8³; the gateway needs `--allow_code_models true`. @param takesClicks without looking at them */
export function putSlowModel(url: string, name = 'slow', takesClicks = false): Promise<Answer> {
  const {
    inference,
    pre_transforms: pre,
    ...rest
  } = brightConfig() as { inference: { args: object }; pre_transforms: object[] };
  const config = { ...rest, pre_transforms: takesClicks ? readClicks : pre };
  const args = { scanning_window: true, batch_size: 1, roi: [8, 8, 8] };
  const tensor = (field: string) => `{ name: "${field}" data_type: TYPE_FP32 dims: [ 1, -1, -1, -1 ] }`;
  const pbtxt = [
    'backend: "python"',
    'max_batch_size: 8',
    `input [ ${tensor('INPUT')} ]`,
    `output [ ${tensor('OUTPUT')} ]`,
    'instance_group [ { count: 1 kind: KIND_CPU } ]',
  ].join('\n');
  const code = readFileSync(path.join(__dirname, 'models/slow/model.py'));
  const archive = zipOf({ 'config.pbtxt': pbtxt, '1/model.py': code });
  return putModel(url, name, { ...config, inference: { ...inference, args } }, archive, 'slow.zip');
}
