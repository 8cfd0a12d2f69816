import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { makeToken } from '../../gateway/access/tokens';
import { packArray } from '../../gateway/imaging/formats/packed/packed-array';
import golden from '../golden/transforms_deepgrow.json';
import { deepgrow2d, deepgrow3d, deepgrowPipeline } from './models/deepgrow-config';
import { get, infer, openSession, putModel, remove, type Answer } from './client';
import { RawClient, type RawAnswer } from './clients/nninteractive';
import { deepgrowModel } from './models/deepgrow-onnx';
import { rampNifti } from './ramp-nifti';
import { rampVolume } from '../transforms/deepgrow-samples';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, untilReady, type RunningGateway } from './running-gateway';

const HEADER_BYTES = 352;
const pipeline = deepgrowPipeline('GA_deepgrow_2d', 'GA_deepgrow_3d');

describe('DeepGrow on a real Triton', () => {
  let triton: RealTriton;
  let gateway: RunningGateway;
  const put = (name: string, config: unknown, model?: Buffer) => putModel(gateway.url, name, config, model);

  beforeAll(async () => {
    triton = await startRealTriton();
    gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
  });
  afterAll(async () => {
    await gateway?.stop();
    await triton?.stop();
  });

  const sha256 = (voxels: Uint8Array) => createHash('sha256').update(voxels).digest('hex');
  const complaint = ({ json }: Answer) => String(json.error?.message);
  const maskOf = ({ image }: Answer) => gunzipSync(image!).subarray(HEADER_BYTES);
  const goldenOf = (kind: string) => golden.masks.filter((mask) => mask.kind === kind);

  /** Mask as MONAI computed it, on the grid of the file. */
  async function expectMask(answer: Answer, image: Buffer, expected: { sha256: string; sum: number }): Promise<void> {
    expect({ status: answer.status, message: answer.json?.error?.message }).toEqual({ status: 200 });
    const mask = maskOf(answer);
    expect(mask.reduce((sum, value) => sum + value, 0)).toBe(expected.sum);
    expect(sha256(mask)).toBe(expected.sha256);
    const [input, output] = [gunzipSync(image), gunzipSync(answer.image!)];
    expect(output.subarray(252, 328).equals(input.subarray(252, 328))).toBe(true);
    expect(output.subarray(40, 56).equals(input.subarray(40, 56))).toBe(true);
    expect(output.readInt16LE(70)).toBe(2); // uint8
  }

  test('a pipeline is loaded by its config alone, and says what it misses when it is called', async () => {
    const { status, json } = await put('pipeline', pipeline);
    expect(status).toBe(200);
    expect(json.triton.state).toBe('READY');
    const listed = await get(`${gateway.url}/v1/models?model=pipeline`);
    expect(listed.json).toMatchObject({
      name: 'pipeline',
      type: 'pipeline',
      deepgrow: '3D',
      labels: [],
      version: '1',
    });
    const image = await rampNifti([20, 20, 5], [1, 1, 1]);
    const answer = await infer(gateway.url, 'pipeline', image, {
      endpoint: 'deepgrow',
      params: { foreground: [[5, 5, 2]] },
    });
    expect(answer.status).toBe(503);
    expect(complaint(answer)).toMatch(/"GA_deepgrow_2d" \(there is no such model\), "GA_deepgrow_3d"/);
  });

  test('a network without its model file, and a pipeline with one, are refused', async () => {
    expect(complaint(await put('GA_deepgrow_2d', deepgrow2d))).toMatch(/data is missing/);
    expect(complaint(await put('pipeline2', pipeline, deepgrowModel([256, 256], 0.5)))).toMatch(
      /pipeline has no network/,
    );
  });

  test('2-D and 3-D models load', async () => {
    expect((await put('GA_deepgrow_2d', deepgrow2d, deepgrowModel([256, 256], 0.5))).status).toBe(200);
    expect((await put('GA_deepgrow_3d', deepgrow3d, deepgrowModel([128, 192, 192], 0.01))).status).toBe(200);
    const { json } = await get(`${gateway.url}/v1/models?type=deepgrow`);
    expect(json.map(({ deepgrow }: { deepgrow: string }) => deepgrow)).toEqual(['2D', '3D']);
  });

  test.each(goldenOf('2D'))('2-D, $shape: the mask lies in the clicked slice', async (expected) => {
    const image = await rampNifti(expected.shape, expected.spacing);
    for (const endpoint of ['deepgrow', 'inference'] as const) {
      const answer = await infer(gateway.url, 'GA_deepgrow_2d', image, { endpoint, params: expected.params });
      await expectMask(answer, image, expected);
      expect('crop' in answer.json).toBe(false);
    }
  });

  test.each(goldenOf('3D'))('3-D, $shape: with the box it speaks about', async (expected) => {
    const image = await rampNifti(expected.shape, expected.spacing);
    const answer = await infer(gateway.url, 'GA_deepgrow_3d', image, {
      endpoint: 'deepgrow',
      params: expected.params,
    });
    await expectMask(answer, image, expected);
    const crop = answer.json.crop as number[][];
    expect(crop).toHaveLength(3);
    crop.forEach(([first, end], d) => {
      expect(first).toBeLessThanOrEqual(expected.box[d][0]);
      expect(end).toBeGreaterThan(expected.box[d][1]);
      expect(end).toBeLessThanOrEqual(expected.shape[d]);
    });
  });

  test.each(goldenOf('pipeline'))(
    'pipeline, $shape: seeds of the 3-D mask, answered slice by slice',
    async (expected) => {
      const image = await rampNifti(expected.shape, expected.spacing);
      const answer = await infer(gateway.url, 'pipeline', image, { endpoint: 'inference', params: expected.params });
      await expectMask(answer, image, expected);
      expect(answer.json.bbox).toEqual([expected.box.map(([low]) => low), expected.box.map(([, high]) => high + 1)]);
      expect(answer.json.points).toHaveLength(6);
    },
  );

  test.each(['2D', '3D', 'pipeline'])('%s: clicks on a session, one after the other', async (kind) => {
    const [{ shape, spacing, params, sha256: expected }] = goldenOf(kind);
    const session = await openSession(gateway.url, await rampNifti(shape, spacing));
    const model = kind === 'pipeline' ? kind : `GA_deepgrow_${kind.toLowerCase()}`;
    const call = (clicks: unknown) =>
      infer(gateway.url, model, undefined, { endpoint: 'deepgrow', params: clicks, query: `session_id=${session}` });
    expect(sha256(maskOf(await call(params)))).toBe(expected);
    expect(sha256(maskOf(await call({ foreground: [[40, 40, 1]] })))).not.toBe(expected);
    expect(sha256(maskOf(await call(params)))).toBe(expected);
  });

  test.each([
    [{ foreground: [], background: [] }, /needs clicks/],
    [{ foreground: [[61, 0, 0]] }, /outside the image/],
    [{ foreground: 'here' }, /not JSON/],
    [{ foreground: [[20, 30, 3]], current_point: [[20, 30, 4]] }, /no click lies on slice 4/],
  ])('wrong clicks %j are the client’s fault', async (params, message) => {
    const image = await rampNifti([61, 47, 9], [0.8, 0.9, 2.5]);
    const models = ['GA_deepgrow_2d', ...('current_point' in params ? [] : ['pipeline'])];
    for (const model of models) {
      const answer = await infer(gateway.url, model, image, { endpoint: 'deepgrow', params });
      expect({ status: answer.status, message: complaint(answer) }).toEqual({
        status: 400,
        message: expect.stringMatching(message),
      });
    }
  });

  test('two people on one model with nnInteractive’s protocol: both go on after kill -9, with the masks of one that nobody killed', async () => {
    const [{ shape, spacing }] = goldenOf('3D');
    const lengths = shape.toReversed();
    const image = packArray(rampVolume(shape, spacing).data, [1, ...lengths], 'float32');
    const base = () => `${gateway.url}/nninteractive/GA_deepgrow_3d`;
    const begin = async (options = {}) => {
      const client = new RawClient(base(), options);
      await client.open(image, lengths, spacing.toReversed());
      return client;
    };
    const [near, far, elsewhere] = [[3, 30, 20], [8, 40, 5], [5, 12, 40]]; // prettier-ignore
    const clients = await Promise.all([begin(), begin()]);
    const alone = await begin();
    const [ann, bob] = await Promise.all([clients[0].click(near), clients[1].click(far)]);
    expect(ann.meta!.bbox).not.toEqual(bob.meta!.bbox);
    const [nearAlone, bothAlone] = [await alone.click(near), await alone.click(elsewhere)];
    expect(ann).toEqual(nearAlone);
    // Each answer has what is new, since the one before has arrived.
    const around = (a: RawAnswer, b: RawAnswer) => a.meta!.bbox!.map(([low, high], d) => [Math.min(low, b.meta!.bbox![d][0]), Math.max(high, b.meta!.bbox![d][1])]);
    expect(bothAlone.meta!.bbox).not.toEqual(around(nearAlone, bothAlone));
    // Where that is not certain, the next one has it again.
    const doubtful = await begin({ keepAlive: false });
    expect((await doubtful.click(near)).meta).toEqual(nearAlone.meta);
    expect((await doubtful.click(elsewhere)).meta!.bbox).toEqual(around(nearAlone, bothAlone));

    const { workspace } = gateway;
    await gateway.kill9();
    const port = Number(new URL(gateway.url).port);
    gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, workspace, flags: { port } });
    await untilReady(gateway);
    const after = await clients[0].click(elsewhere);
    expect(after.meta!.bbox).toEqual(around(nearAlone, bothAlone));
    expect((await clients[0].post('/undo', {})).meta).toMatchObject({ ran_prediction: true, bbox: bothAlone.meta!.bbox });
    expect((await clients[1].click(far)).meta).toEqual({ ...bob.meta });

    const key = await makeToken(workspace, 'ann');
    expect(await clients[0].click(far)).toMatchObject({ status: 401, json: { detail: expect.stringContaining('access token') } });
    const known = new RawClient(base(), { key });
    expect(await known.click(far)).toMatchObject({ status: 410, json: { detail: expect.stringContaining('initialize again') } });
    await known.open(image, lengths, spacing.toReversed());
    expect((await known.click(near)).meta).toEqual(nearAlone.meta);
    for (const one of [...clients, alone, doubtful, known]) one.close();
  }); // prettier-ignore

  test('the pipeline is there after a restart, and goes when it is deleted', async () => {
    const { workspace } = gateway;
    await gateway.kill9();
    gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, workspace });
    await untilReady(gateway);
    const [expected] = goldenOf('pipeline');
    const image = await rampNifti(expected.shape, expected.spacing);
    const answer = await infer(gateway.url, 'pipeline', image, { endpoint: 'deepgrow', params: expected.params });
    expect(sha256(maskOf(answer))).toBe(expected.sha256);
    expect((await remove(gateway.url, 'pipeline')).status).toBe(200);
    expect((await get(`${gateway.url}/v1/models?type=pipeline`)).json).toEqual([]);
  });
});
