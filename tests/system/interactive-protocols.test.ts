import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { packArray } from '../../gateway/imaging/formats/packed/packed-array';
import { sizeOf } from '../../gateway/imaging/volume';
import { rampVolume } from '../transforms/deepgrow-samples';
import { infer } from './client';
import { RawClient } from './clients/nninteractive';
import { Dls, dlsMask, npy, OlderSlicer, unpackBits } from './clients/older-protocols';
import { deepgrow3d } from './models/deepgrow-config';
import { deepgrowModel } from './models/deepgrow-onnx';
import { rampNifti } from './ramp-nifti';
import { sharedServer } from './shared-server';

const HEADER_BYTES = 352;
const shape = [61, 47, 9];
const lengths = shape.toReversed();
const { data } = rampVolume(shape);
const float = data as Float32Array;
const volume = npy(float, lengths, '<f4');
const metadata = { dimensions: shape, components_per_pixel: 1 };
/** As slice, row, column. */
const click = [3, 30, 20];
const sha256 = (voxels: Uint8Array) => createHash('sha256').update(voxels).digest('hex');
const bits = ({ bits: sent }: { bits?: Buffer }) => unpackBits(sent!, sizeOf(shape));
const sum = (voxels: Uint8Array) => voxels.reduce((all, value) => all + value, 0);

describe('one port, five protocols', () => {
  let server: string;
  const url = () => `${server}/nninteractive/protocols_3d`;
  beforeAll(async () => {
    ({ url: server } = await sharedServer({ protocols_3d: [deepgrow3d, deepgrowModel([128, 192, 192], 0.01)] }));
  });

  /** The cube that begins: 3 x 4 x 5 voxels. */
  const cube = () => {
    const mask = new Uint8Array(sizeOf(shape));
    for (let k = 5; k < 8; k++)
      for (let j = 2; j < 6; j++) mask.fill(1, (k * 47 + j) * 61 + 40, (k * 47 + j) * 61 + 45);
    return mask;
  };
  const dlsSession = async () => {
    const dls = new Dls(server);
    const id = await dls.session('protocols_3d');
    const { text } = await dls.send(`/v2/upload_raw/${id}`, float, metadata);
    expect(text).toBe('{"message":"NIFTI file uploaded and stored in GPU memory"}');
    return { dls, id };
  };

  test('the same click gives the same mask', async () => {
    const foreground = [click.toReversed()];
    const image = await rampNifti(shape, [1, 1, 1]);
    const aiaa = await infer(server, 'protocols_3d', image, { endpoint: 'deepgrow', params: { foreground } });
    const form = new FormData();
    form.append('params', JSON.stringify({ foreground, result_compress: false }));
    form.append('file', new Blob([new Uint8Array(image)]), 'image.nii.gz');
    const label = await fetch(`${server}/infer/protocols_3d?output=image`, { method: 'POST', body: form });
    const file = Buffer.from(await label.arrayBuffer());

    const newer = new RawClient(url());
    await newer.open(packArray(float, [1, ...lengths], 'float32'), lengths, [1, 1, 1]);
    await newer.post('/reset_interactions', {});
    const { body, meta } = await newer.click(click);
    newer.close();

    const older = new OlderSlicer(url());
    expect(await older.uploadImage(volume)).toEqual({ status: 200, text: '{"status":"ok"}' });
    expect((await older.uploadSegment(npy(new Uint8Array(sizeOf(shape)), lengths, '|u1'))).text).toBe('{"status":"ok"}');
    const answer = await older.click(click);
    expect(answer).toMatchObject({ status: 200, text: 'application/octet-stream' });

    const { dls, id } = await dlsSession();
    const [k, j, i] = click;
    const second = await dls.get(`/v2/process_point_interaction/${id}?point=${i}&point=${j}&point=${k}&foreground=true`);
    await dls.get(`/v2/reset_interactions/${id}`);
    const first = await dls.get(`/process_point_interaction/${id}?x=${i}&y=${j}&z=${k}&foreground=true`);
    expect(first).toEqual(second);

    const bare = (nifti: Buffer) => (nifti[0] === 0x1f ? gunzipSync(nifti) : nifti).subarray(HEADER_BYTES);
    const wanted = bare(aiaa.image!);
    expect(sum(wanted)).toBeGreaterThan(0);
    const masks = { monaiLabel: bare(file), older: bits(answer), dls: dlsMask(first.text) };
    const hashes = Object.fromEntries(Object.entries(masks).map(([name, mask]) => [name, sha256(mask)]));
    const hash = sha256(wanted);
    expect(hashes).toEqual({ monaiLabel: hash, older: hash, dls: hash });
    // The newest one sends what changed.
    const box = meta!.bbox!;
    const inside = Uint8Array.from(cutOut(wanted, box));
    expect(body.equals(packArray(inside, box.map(([a, b]) => b - a), 'uint8'))).toBe(true);
    expect(sum(inside)).toBe(sum(wanted));
  }); // prettier-ignore

  function* cutOut(mask: Uint8Array, [z, y, x]: [number, number][]) {
    for (let k = z[0]; k < z[1]; k++)
      for (let j = y[0]; j < y[1]; j++) yield* mask.subarray((k * 47 + j) * 61 + x[0], (k * 47 + j) * 61 + x[1]);
  }

  test('a mask of the client is refined by clicks, and an empty one begins anew', async () => {
    const older = new OlderSlicer(url());
    await older.uploadImage(volume);
    const [alone, begun] = [bits(await older.click(click)), cube()];
    await older.uploadSegment(npy(begun, lengths, '|b1'));
    const both = bits(await older.click(click));
    expect(Buffer.from(both)).toEqual(Buffer.from(alone.map((value, at) => value | begun[at])));
    await older.uploadSegment(npy(new Uint8Array(begun.length), lengths, '|u1'));
    expect(sha256(bits(await older.click(click)))).toBe(sha256(alone));
  });

  test('the older protocol of Slicer: its errors have status 200 and a sentence, and nothing is kept', async () => {
    const older = new OlderSlicer(url());
    await older.uploadImage(volume);
    const alone = bits(await older.click(click));
    const says = async (answer: Promise<{ status: number; text: string }>) => {
      const { status, text } = await answer;
      expect(status).toBe(200);
      return JSON.parse(text) as { status: string; message: string };
    };
    const small = npy(new Uint8Array(24), [2, 3, 4], '|u1');
    const cases: [Promise<{ status: number; text: string }>, RegExp][] = [
      [older.click([9, 0, 0]), /the point \[9, 0, 0\] lies outside the image, whose shape is \[9, 47, 61\]/],
      [older.box([20, 0, 0], [30, 5, 5]), /the box .* lies outside the image/],
      [older.box([0, 0, 0], [5, 5, 5]), /does not take bbox3d; it takes points/],
      [older.mask('lasso', small), /does not take lasso; it takes points/],
      [older.uploadSegment(small), /the mask has the shape \[2, 3, 4\], expected \[9, 47, 61\]/],
      [older.uploadSegment(volume.subarray(0, 900)), /truncated: .* of 103212 bytes/],
      [older.uploadImage(Buffer.from('no array')), /not an \.npy array/],
      [older.uploadImage(npy(new Uint8Array(1), [60_000, 60_000, 60_000], '<f4')), /up to 4294967295/],
      [older.uploadImage(npy(new Uint8Array(8), [2, 4], '|u1')), /three axes/],
      [older.uploadImage(npy(new Uint8Array(8), [2], '<c8')), /values of type "<c8"/],
    ];
    for (const [answer, sentence] of cases) {
      const told = await says(answer);
      expect(told.status).toBe('error');
      expect(told.message).toMatch(sentence);
    }
    await older.uploadSegment(npy(new Uint8Array(alone.length), lengths, '|u1'));
    expect(sha256(bits(await older.click(click)))).toBe(sha256(alone));
  }); // prettier-ignore

  test('what was never uploaded is asked for in the words at which the plug-in sends it', async () => {
    const other = new OlderSlicer(`${server}/nninteractive/never_loaded`);
    const words = { status: 200, text: '{"status":"error","message":"No image uploaded"}' };
    expect(await other.click(click)).toEqual(words);
    expect(await other.mask('scribble', volume)).toEqual(words);
    expect(await other.uploadSegment(volume)).toEqual(words);
  });

  test('ITK-SNAP: sessions that are over, foreign ones, and what cannot be', async () => {
    const { dls, id } = await dlsSession();
    expect((await dls.get('/status')).text).toBe('{"status":"ok","version":"0.1.6"}');
    const { models } = JSON.parse((await dls.get('/v2/models')).text) as { models: { id: string }[] };
    expect(models).toContainEqual({ id: 'protocols_3d', channels: [1], dimensions: 3, interactions: ['point'] });
    const at = `/process_point_interaction/${id}`;
    const cases: [Promise<{ status: number; text: string }>, number, RegExp][] = [
      [dls.get(`/v2${at}?point=1&point=2`), 422, /expected three/],
      [dls.get(`${at}?x=1&y=2`), 422, /expected a voxel index/],
      [dls.get(`${at}?x=61&y=0&z=0&foreground=true`), 422, /the point \[0, 0, 61\] lies outside/],
      [dls.get(`${at}?x=1&y=0&z=0&foreground=perhaps`), 422, /expected true or false/],
      [dls.send(`/process_scribble_interaction/${id}`, float, metadata), 422, /does not take scribble/],
      [dls.send(`/upload_raw/${id}`, float, { dimensions: [61, 47], components_per_pixel: 1 }), 422, /dimensions/],
      [dls.send(`/upload_raw/${id}`, float, { ...metadata, components_per_pixel: 3 }), 422, /3 components per pixel/],
      [dls.send(`/upload_raw/${id}`, float, { dimensions: [61, 47, 10] }), 400, /truncated: 103212 of 114680 bytes/],
      [dls.get('/v2/start_session/none'), 404, /There is no model/],
      [dls.get(`/v2/process_scribble_interaction/${id}`), 404, /not part of this API/],
    ];
    for (const [answer, status, sentence] of cases) {
      const { status: told, text } = await answer;
      expect([told, text]).toEqual([status, expect.stringMatching(sentence)]);
    }
    const empty = await dls.session('protocols_3d');
    expect((await dls.get(`/process_point_interaction/${empty}?x=0&y=0&z=0`)).text).toMatch(/no image yet/);
    const over = { status: 200, text: '{"error":"Invalid session"}' };
    expect(await dls.get('/reset_interactions/guessed')).toEqual(over);
    expect((await dls.get(`/v2/end_session/${id}`)).text).toBe('{"message":"Session ended"}');
    expect((await dls.get(`/end_session/${id}`)).text).toBe('{"message":"Invalid session"}');
    expect(await dls.get(`${at}?x=1&y=2&z=3`)).toEqual(over);
    expect(await dls.send(`/upload_raw/${id}`, float, metadata)).toEqual(over);
    // A session is no lease, and a lease no session.
    const lease = new RawClient(url());
    expect((await lease.post('/heartbeat', {})).status).toBe(410);
    lease.close();
  }); // prettier-ignore

  test.each<Record<string, string>>([
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' },
  ])('no page changes a session of ITK-SNAP by GET: %j', async (headers) => {
    const { dls, id } = await dlsSession();
    const point = `process_point_interaction/${id}?x=20&y=30&z=3&foreground=true`;
    const before = await dls.get(`/${point}`);
    for (const path of ['start_session', `end_session/${id}`, `reset_interactions/${id}`, point])
      expect((await dls.get(`/${path}`, headers)).status).toBe(403);
    expect((await dls.get(`/v2/${point.replace(/\?.*/, '')}?point=20&point=30&point=3&foreground=true`)).text).toBe(before.text); // prettier-ignore
    await dls.get(`/end_session/${id}`);
  });
});
