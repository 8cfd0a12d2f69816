import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { withCheckpoint } from '../../gateway/packages/nnunet/checkpoint';
import { openArchive } from '../../gateway/packages/archives/archive';
import { defaultLimits } from '../../gateway/packages/archives/limits';
import { modelFile } from '../../gateway/packages/inspect-model';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { checkpoint, type BuiltTensor } from '../packages/nnunet/pickle-builder';
import { describeWithData } from '../shared-data';
import { answerFile } from './answer-file';
import type { Answer } from './client';
import { putSession, type Part } from './session-client';
import { sharedServer, type SharedServer } from './shared-server';

const FIRST = 'encoder.stem.convs.0.conv.weight';
const HEADER_BYTES = 352;

/**
 * The network of a folder of nnU-Net's with a channel in front that it does not look at: the answer to two channels, of which the second is the folder's image,
 * is nnU-Net's own answer to that.
 */
async function withBlindChannel(zip: string): Promise<Buffer> {
  const archive = await openArchive(await modelFile(zip, 'model.zip'), 'zip', defaultLimits);
  const file = join(temporaryFolder(), 'checkpoint.pth');
  await archive.extract(new Map([[archive.paths.find((path) => path.endsWith('.pth'))!, file]]));
  await archive.close();
  return withCheckpoint(file, async ({ weights, plans, dataset, configuration, mirrorAxes }) => {
    const built: Record<string, BuiltTensor> = {};
    for (const [name, { size, read }] of weights) {
      if (/\.all_modules\.|^decoder\.encoder\./.test(name)) continue;
      const chunks: Uint8Array[] = [];
      for await (const chunk of read()) chunks.push(chunk);
      const data = new Float32Array(Uint8Array.from(Buffer.concat(chunks)).buffer);
      built[name] = name === FIRST ? widened(data, size) : { size, data };
    }
    // oxlint-disable-next-line typescript/no-explicit-any
    const [own, labels] = [structuredClone(plans), structuredClone(dataset)] as any[];
    const one = own.configurations[configuration!];
    one.normalization_schemes.unshift('ZScoreNormalization');
    one.use_mask_for_norm.unshift(false);
    own.foreground_intensity_properties_per_channel['1'] = own.foreground_intensity_properties_per_channel['0'];
    labels.channel_names = { 0: 'noise', 1: 'CT' };
    return checkpoint({ weights: built, plans: own, dataset: labels, configuration: configuration!, mirrorAxes });
  });
} // prettier-ignore

/** Zeros for a channel before the one that there is. */
function widened(data: Float32Array, [features, , ...kernel]: readonly number[]): BuiltTensor {
  const per = data.length / features;
  const wide = new Float32Array(2 * data.length);
  for (let f = 0; f < features; f++) wide.set(data.subarray(f * per, (f + 1) * per), (2 * f + 1) * per);
  return { size: [features, 2, ...kernel], data: wide };
}

describeWithData('several channels for nnU-Net', ['data/nnunet/ct3d_resenc/model.zip', 'data/nnunet/ct3d_resenc/image_0000.nii.gz', 'data/nnunet/ct3d_resenc/expected.nii.gz'], (zip, image, answer) => {
  let server: SharedServer;
  /** Plain NIfTI: the image, and another one on its grid. */
  let ct: Buffer;
  let noise: Buffer;
  let expected: ArrayLike<number>;

  beforeAll(async () => {
    server = await sharedServer({});
    const form = new FormData();
    form.append('data', new Blob([new Uint8Array(await withBlindChannel(zip))]), 'checkpoint_final.pth');
    const response = await fetch(`${server.url}/admin/model/nnunet_channels`, { method: 'PUT', body: form });
    // oxlint-disable-next-line typescript/no-explicit-any
    const published = (await response.json()) as any;
    expect({ status: response.status, message: published.error?.message, warnings: published.warnings }).toEqual({ status: 200, warnings: [] });
    expect(published.about).toEqual([
      expect.stringMatching(/^Network: ResidualEncoderUNet, 3-D, 3 stages of 8 to 32 features, 148773 parameters$/),
      'Patch: 32 × 40 × 40 voxels of 3.6 × 3.6 × 3.6 mm (Z, Y, X)',
      'Channels: 0 noise (ZScoreNormalization), 1 CT (CTNormalization)',
      'Labels: 1 spleen, 2 liver, 3 stomach, 4 kidneys',
      expect.stringMatching(/^Memory of the network, on the GPU where Triton uses one: about .* for a patch and .* for its weights$/),
      expect.stringMatching(/^Masks equal those of nnU-Net on a CPU/),
      expect.stringMatching(/^Memory of this server for a CT of 512 × 512 × 300 voxels/),
    ]);
    ct = gunzipSync(readFileSync(image));
    noise = Buffer.from(ct);
    for (let at = HEADER_BYTES; at < noise.length; at++) noise[at] = (at * 7) % 50;
    expected = (await decodeImage(answer, 'expected.nii.gz')).volume.data;
  }, 120_000);

  const ask = async (parts: readonly Part[], query = '', params: object = {}): Promise<Answer> => {
    const form = new FormData();
    form.append('params', JSON.stringify(params));
    for (const { field, name, content } of parts) form.append(field, new Blob([content as Uint8Array<ArrayBuffer>]), name);
    const response = await fetch(`${server.url}/v1/segmentation?model=nnunet_channels&output=image${query}`, { method: 'POST', body: form });
    const head = { status: response.status, reason: response.statusText, headers: response.headers };
    return response.ok ? { ...head, json: {}, image: Buffer.from(await response.arrayBuffer()) } : { ...head, json: await response.json() };
  };
  const refusal = ({ status, json }: Answer) => `${status} ${json.error?.code} ${json.error?.message}`;

  async function expectSame(given: Answer): Promise<void> {
    expect(refusal(given)).toBe('200 undefined undefined');
    const { data } = await answerFile(given);
    let differ = 0;
    for (let at = 0; at < expected.length; at++) if (data[at] !== expected[at]) differ++;
    expect([data.length, differ]).toEqual([expected.length, 0]);
  }

  /** One file with the channels as its fourth axis. */
  const together = () => {
    const header = Buffer.from(ct.subarray(0, HEADER_BYTES));
    header.writeInt16LE(4, 40);
    header.writeInt16LE(2, 48);
    return gzipSync(Buffer.concat([header, noise.subarray(HEADER_BYTES), ct.subarray(HEADER_BYTES)]));
  };

  test.each<[string, () => Part[]]>([
    ['image1 before image0', () => [{ field: 'image1', name: 'a.nii', content: ct }, { field: 'image0', name: 'b.nii', content: noise }]],
    ['image and image2', () => [{ field: 'image', name: 'b.nii', content: noise }, { field: 'image2', name: 'a.nii', content: ct }]],
    ['one file with four axes', () => [{ field: 'image', name: 'a.nii.gz', content: together() }]],
  ])('%s', async (_, parts) => expectSame(await ask(parts())));

  test('a session of several images', async () => {
    const parts = [{ field: 'image1', name: 'ct.nii', content: ct }, { field: 'image0', name: 'noise.nii', content: noise }];
    const { json } = await putSession(server.url, parts);
    expect(json.session_info.channels).toEqual(['noise.nii', 'ct.nii']);
    await expectSame(await ask([], `&session_id=${json.session_id}`));
  });

  test('images that do not fit are refused with what differs', async () => {
    const file = (field: string, content: Buffer): Part => ({ field, name: `${field}.nii`, content });
    expect(refusal(await ask([file('image0', noise)]))).toMatch(/^400 IMAGE_DOES_NOT_FIT .*takes 2 channel\(s\) \(noise, CT\), and the image has 1; send a file for each, in this order, as the form files image0 to image1/);
    const wider = Buffer.from(ct);
    wider.writeFloatLE(3.5, 80);
    for (const [row, at] of [280, 296, 312].entries()) if (wider.readFloatLE(at + 4 * row) !== 0) wider.writeFloatLE(3.5 * Math.sign(wider.readFloatLE(at + 4 * row)), at + 4 * row);
    expect(refusal(await ask([file('image0', noise), file('image1', wider)]))).toMatch(/^400 UNREADABLE_IMAGE .*"image0.nii" has voxels of .* mm and "image1.nii" of .* mm/);
  });
}); // prettier-ignore
