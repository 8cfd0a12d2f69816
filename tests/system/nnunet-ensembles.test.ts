import { gunzipSync } from 'node:zlib';
import golden from '../golden/nnunet_ensembles.json';
import { checkpoint } from '../packages/nnunet/pickle-builder';
import { parameter } from '../packages/nnunet/small-network';
import { zipOf } from '../packages/zip-builder';
import { answerFile } from './answer-file';
import { infer } from './client';
import { sharedServer, type SharedServer } from './shared-server';

type Case = (typeof golden.cases)[number];

const DATASET = 'Dataset001_test';
const folderOf = (configuration: string) => `nnUNetTrainer__nnUNetPlans__${configuration}`;
const bytes = (text: string) => gunzipSync(Buffer.from(text, 'base64'));

/** What nnU-Net's export packs: the folders of the golden networks, its choice, and the steps after them. */
function archiveOf({ plans, dataset, members, networks, postprocessing }: Case, without: readonly string[] = []): Buffer {
  const folders = networks.filter(({ configuration }) => !without.includes(configuration)).flatMap(({ configuration, sizes, bias }) => {
    const valuesOf = (name: string, size: number[]) => (/seg_layers.*bias/.test(name) ? { size, data: Float32Array.from(bias) } : parameter(`${configuration}/0/${name}`, size));
    const named = (sizes as [string, number[]][]).map(([name, size]) => [name, valuesOf(name, size)]);
    const root = `${DATASET}/${folderOf(configuration)}`;
    return [
      [`${root}/fold_0/checkpoint_final.pth`, checkpoint({ weights: Object.fromEntries(named), plans, dataset, configuration, mirrorAxes: [0, 1] })],
      [`${root}/plans.json`, JSON.stringify(plans)],
      [`${root}/dataset.json`, JSON.stringify(dataset)],
    ];
  });
  const selected = members.map((configuration) => ({ configuration, trainer: 'nnUNetTrainer', plans_identifier: 'nnUNetPlans' }));
  const steps = { postprocessing_fns: postprocessing.map(() => 'remove_all_but_largest_component_from_segmentation'), postprocessing_kwargs: postprocessing.map((labels_or_regions) => ({ labels_or_regions })) };
  const place = members.length > 1 ? `ensembles/ensemble___${members.map(folderOf).join('___')}___0` : `${folderOf(members[0])}/crossval_results_folds_0`;
  return zipOf(Object.fromEntries([
    ...folders,
    [`${DATASET}/inference_information.json`, JSON.stringify({ folds: [0], best_model_or_ensemble: { selected_model_or_models: selected } })],
    [`${DATASET}/${place}/postprocessing.json`, JSON.stringify(steps)],
  ]));
} // prettier-ignore

async function put(url: string, name: string, archive: Buffer) {
  const form = new FormData();
  form.append('data', new Blob([new Uint8Array(archive)]), 'model.zip');
  const response = await fetch(`${url}/admin/model/${name}`, { method: 'PUT', body: form });
  // oxlint-disable-next-line typescript/no-explicit-any
  return { status: response.status, json: (await response.json()) as any };
}

let server: SharedServer;
beforeAll(async () => (server = await sharedServer({})));

test.each(golden.cases.map((one, at): [string, number, Case] => [one.name, at, one]))('%s: each voxel is what nnU-Net writes', async (_title, at, one) => {
  const { status, json } = await put(server.url, `nnunet_parts_${at}`, archiveOf(one));
  expect({ status, message: json.error?.message }).toEqual({ status: 200 });
  const mask = await answerFile(await infer(server.url, `nnunet_parts_${at}`, bytes(one.image ?? golden.image)));
  const expected = bytes(one.labels);
  expect(mask.data.length).toBe(expected.length);
  expect(expected.filter((label, voxel) => mask.data[voxel] !== label).length).toBe(0);
}); // prettier-ignore

test('a cascade without its first stage is refused by its name, and nothing is left of it', async () => {
  const cascade = golden.cases.find(({ name }) => name === 'a cascade')!;
  const { status, json } = await put(server.url, 'nnunet_half', archiveOf(cascade, ['3d_lowres']));
  expect({ status, code: json.error.code }).toEqual({ status: 400, code: 'BAD_MODEL_FILE' });
  expect(String(json.error.message)).toMatch(/"3d_cascade_fullres" is the second stage of a cascade, and the folder of its first stage, nnUNetTrainer__nnUNetPlans__3d_lowres, is not in the archive/);
  const list = await (await fetch(`${server.url}/v1/models`)).json() as { name: string }[]; // prettier-ignore
  expect(list.map(({ name }) => name)).not.toContain('nnunet_half');
}); // prettier-ignore
