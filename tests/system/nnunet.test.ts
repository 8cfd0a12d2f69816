import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { describeWithData } from '../shared-data';
import { answerFile } from './answer-file';
import { infer } from './client';
import { sharedServer, type SharedServer } from './shared-server';

/** Folders that nnU-Net 2.8 trained, each with an image and the labels that its own predictor wrote. */
const folders = {
  ct3d_resenc: 'a residual encoder, isotropic, fold_all, no mirroring',
  ct3d_aniso: 'thick slices resampled by themselves, two folds, mirrored along three axes',
  ct2d: 'slices, mirrored along two axes',
};

async function put(url: string, name: string, folder: string) {
  const form = new FormData();
  form.append('data', new Blob([readFileSync(join(folder, 'model.zip'))]), 'model.zip');
  const response = await fetch(`${url}/admin/model/${name}`, { method: 'PUT', body: form });
  // oxlint-disable-next-line typescript/no-explicit-any
  return { status: response.status, json: (await response.json()) as any };
}

describeWithData('results folders of nnU-Net', Object.keys(folders).map((name) => `data/nnunet/${name}/model.zip`), (...zips) => {
  let server: SharedServer;
  beforeAll(async () => (server = await sharedServer({})));

  test.each(zips.map((zip, at) => [Object.entries(folders)[at], dirname(zip)] as const))('%s: each voxel is what nnU-Net writes', async ([name], folder) => {
    const { status, json } = await put(server.url, `nnunet_${name}`, folder);
    expect({ status, message: json.error?.message, warnings: json.warnings }).toEqual({ status: 200, warnings: [] });
    const image = readFileSync(join(folder, 'image_0000.nii.gz'));
    const answer = await infer(server.url, `nnunet_${name}`, image);
    const mask = await answerFile(answer);
    const { volume: expected } = await decodeImage(join(folder, 'expected.nii.gz'), 'expected.nii.gz');
    expect(mask.shape).toEqual(expected.shape);
    let differ = 0;
    for (let at = 0; at < mask.data.length; at++) if (mask.data[at] !== expected.data[at]) differ++;
    expect(differ).toBe(0);
  }, 600_000);
}); // prettier-ignore
