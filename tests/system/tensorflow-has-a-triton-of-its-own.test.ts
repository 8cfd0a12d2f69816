import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { until } from '../until';
import { get, infer, putModel } from './client';
import { annotationConfig, annotationGraph } from './models/annotation-graph';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';

let main: RealTriton;
let tensorflow: RealTriton;
/** Removes what the first of the second Tritons left: the repository lies in it. */
let removeFirst: () => Promise<void>;
let gateway: RunningGateway;
beforeAll(async () => {
  const backends = ['triton-local/install.py', '--with', 'tensorflow'];
  execFileSync('python3', backends, { cwd: join(__dirname, '../..'), stdio: 'pipe' });
  [main, tensorflow] = await Promise.all([startRealTriton(), startRealTriton()]);
  removeFirst = tensorflow.stop;
  const flags = {
    triton_metrics_url: main.metricsUrl,
    tensorflow_triton_url: tensorflow.grpcUrl,
    tensorflow_model_repository: tensorflow.repository,
    tensorflow_triton_metrics_url: tensorflow.metricsUrl,
  };
  gateway = await startGateway({ tritonUrl: main.grpcUrl, repository: main.repository, flags });
});
afterAll(async () => {
  await gateway?.stop();
  await Promise.all([main?.stop(), tensorflow?.stop()]);
  await removeFirst?.();
});

const image = makeNifti1({ dim: [64, 64, 64], datatype: 2, voxels: new Uint8Array(64 ** 3).fill(60) });
const callBright = async () => (await infer(gateway.url, 'bright', image)).status;
const callClicked = async () => {
  const points = [[20, 30, 30], [40, 30, 30], [30, 20, 30], [30, 40, 30], [30, 30, 20], [30, 30, 40]]; // prettier-ignore
  return (await infer(gateway.url, 'clicked', image, { endpoint: 'dextr3d', params: { points } })).status;
};
/** Which of the two has the model's folder. */
const placesOf = (name: string) => [main, tensorflow].map(({ repository }) => existsSync(join(repository, name)));
const health = async () => (await get(`${gateway.url}/health/ready`)).json;

test('a model goes to the Triton that its format needs, and both are shown', async () => {
  expect(await putModel(gateway.url, 'bright', brightConfig(), identityModel())).toMatchObject({ status: 200 });
  const uploaded = await putModel(gateway.url, 'clicked', annotationConfig, annotationGraph(), 'model.pb');
  expect(uploaded).toMatchObject({ status: 200, json: { triton: { platform: 'tensorflow_graphdef' } } });
  expect([placesOf('bright'), placesOf('clicked')]).toEqual([[true, false], [false, true]]); // prettier-ignore
  expect([await callBright(), await callClicked()]).toEqual([200, 200]);

  const live = { live: true, shared_memory: { used: true } };
  const second = { ...live, url: tensorflow.grpcUrl };
  expect(await health()).toMatchObject({
    ready: true,
    triton: { ...live, url: main.grpcUrl },
    tensorflow_triton: second,
  });
  const { live: shown } = (await get(`${gateway.url}/v1/dashboard/data?hours=1`)).json;
  expect(shown.tensorflow_triton).toMatchObject({ url: tensorflow.grpcUrl, live: true, version: '2.51.0' });
  expect(shown.models).toMatchObject([
    { name: 'bright', triton: { inferences: expect.any(Number), pending: 0 } },
    { name: 'clicked', triton: { inferences: expect.any(Number), pending: 0 } },
  ]);
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  for (const server of ['triton', 'tensorflow']) expect(metrics).toContain(`aiaa_triton_up{server="${server}"} 1`);
  const cli = join(__dirname, '../../dist/cli/main.js');
  const doctor = execFileSync(process.execPath, [cli, 'doctor', '--server', gateway.url], { encoding: 'utf8' });
  expect(doctor).toMatch(/^Triton 2\.51\.0 .*\n[^]*^Triton of TensorFlow models 2\.51\.0 [^]*^clicked {2}/m);
});

test('while it is away the other models serve; when it is back, so do its own', async () => {
  await tensorflow.kill9();
  await until(async () => (await health()).tensorflow_triton.live, (live) => live === false); // prettier-ignore
  expect([await callBright(), await callClicked()]).toEqual([200, 503]);
  expect(await health()).toMatchObject({ ready: false, triton: { live: true } });
  const { repository, grpcUrl } = tensorflow;
  tensorflow = await startRealTriton({ repository, grpcPort: Number(/\d+$/.exec(grpcUrl)![0]) });
  await until(callClicked, (status) => status === 200);
  expect(await callBright()).toBe(200);
});

test('a network of another format under the same name leaves it', async () => {
  expect(await putModel(gateway.url, 'clicked', brightConfig(), identityModel())).toMatchObject({ status: 200 });
  expect(placesOf('clicked')).toEqual([true, false]);
  expect((await fetch(`${tensorflow.httpUrl}/v2/models/clicked/ready`)).status).not.toBe(200);
  expect((await infer(gateway.url, 'clicked', image)).status).toBe(200);
});
