import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePrometheusText } from '../../gateway/telemetry/triton-metrics';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { infer, putModel } from './client';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { until } from '../until';
import { testThatNeeds } from '../needs';

const installed = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const testWith = (program: string) => testThatNeeds(program, installed(program));

let triton: RealTriton;
let gateway: RunningGateway;
const image = makeNifti1({ dim: [64, 64, 32], datatype: 2, voxels: new Uint8Array(64 * 64 * 32).fill(60) });

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({
    tritonUrl: triton.grpcUrl,
    repository: triton.repository,
    flags: { triton_metrics_url: triton.metricsUrl },
  });
  expect(await putModel(gateway.url, 'bright', brightConfig(), identityModel())).toMatchObject({ status: 200 });
  for (let n = 0; n < 3; n++) expect((await infer(gateway.url, 'bright', image)).status).toBe(200);
  for (let n = 0; n < 5; n++) await fetch(`${gateway.url}/no/such/path/${n}`);
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

const page = async (url = '/metrics') => (await fetch(gateway.url + url)).text();

test('what was done is counted, with few labels whatever was asked for', async () => {
  await infer(gateway.url, 'nobody', image);
  const samples = parsePrometheusText(await page());
  const value = (name: string, labels: Record<string, string>) =>
    samples.find((one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text))
      ?.value;
  const segmentation = { endpoint: '/v1/segmentation', method: 'POST' };
  expect(value('aiaa_http_requests_total', { ...segmentation, status: '200' })).toBe(3);
  expect(value('aiaa_http_requests_total', { ...segmentation, status: '404' })).toBe(1);
  expect(value('aiaa_http_requests_total', { endpoint: 'other', status: '404' })).toBe(5);
  expect(value('aiaa_http_request_duration_seconds_count', segmentation)).toBe(4);
  for (const stage of ['queue', 'decode', 'triton', 'post', 'write'])
    expect(value('aiaa_stage_duration_seconds_count', { stage })).toBe(3);
  expect(value('aiaa_errors_total', { code: 'MODEL_NOT_FOUND' })).toBe(1);
  expect(value('aiaa_http_received_bytes_total', { endpoint: '/v1/segmentation' })).toBeGreaterThan(4 * image.length);
  expect(value('aiaa_model_state', { model: 'bright', state: 'ready' })).toBe(1);
  expect(value('aiaa_model_state', { model: 'bright', state: 'failed' })).toBe(0);
  expect([value('aiaa_triton_up', { server: 'triton' }), value('aiaa_workers_busy', {}), value('aiaa_queue_jobs', {})]).toEqual([1, 0, 0]); // prettier-ignore
  // Both ways of three float volumes.
  const tensors = ['inline', 'shared_memory'].map((transport) => value('aiaa_tensor_bytes_total', { transport })!);
  expect(tensors[0] + tensors[1]).toBe(3 * 2 * 64 * 64 * 32 * 4);
  expect(value('nodejs_eventloop_lag_seconds', {})).toBeGreaterThanOrEqual(0);
  expect(samples.some(({ labels }) => Object.values(labels).some((text) => /no\/such|nobody/.test(text)))).toBe(false);
});

testWith('promtool')('promtool finds nothing to say about the names and units', async () => {
  const found = execFileSync('promtool', ['check', 'metrics'], { input: await page(), encoding: 'utf8' });
  expect(found).toBe('');
});

test("Triton's own metrics pass through; without them one sentence", async () => {
  expect(parsePrometheusText(await page('/metrics/triton'))).toContainEqual(
    expect.objectContaining({ name: 'nv_inference_request_success', labels: expect.objectContaining({ model: 'bright' }) }), // prettier-ignore
  );
  const other = await startGateway({
    tritonUrl: triton.grpcUrl,
    repository: triton.repository,
    flags: { triton_metrics_url: 'http://127.0.0.1:9/metrics' },
  });
  const response = await fetch(`${other.url}/metrics/triton`);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: 'TRITON_METRICS_UNAVAILABLE' } });
  await other.stop();
});

testWith('prometheus')(
  'Prometheus scrapes the gateway and Triton, by its own address and through the gateway',
  async () => {
    // prettier-ignore
    const folder = mkdtempSync(path.join(tmpdir(), 'prometheus-'));
    const port = await freePort();
    const job = (name: string, url: string) => {
      const { host, pathname } = new URL(url);
      return { job_name: name, metrics_path: pathname, static_configs: [{ targets: [host] }] };
    };
    const jobs = [
      job('gateway', `${gateway.url}/metrics`),
      job('triton', triton.metricsUrl),
      job('proxied', `${gateway.url}/metrics/triton`),
    ];
    // JSON is YAML.
    writeFileSync(path.join(folder, 'prometheus.yml'), JSON.stringify({ global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: jobs })); // prettier-ignore
    const flags = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`]; // prettier-ignore
    const prometheus = spawn('prometheus', flags, { stdio: 'ignore' });
    try {
      const query = async (text: string) => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`);
        const { data } = (await answer.json()) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } }; // prettier-ignore
        return data.result;
      };
      const up = async () => (await query('up == 1').catch(() => [])).map(({ metric }) => metric.job).sort();
      await until(up, (names) => names.join() === 'gateway,proxied,triton');
      expect(await query('sum(aiaa_http_requests_total{endpoint="/v1/segmentation",status="200"})')).toMatchObject([{ value: [expect.any(Number), '3'] }]); // prettier-ignore
      expect((await query('nv_inference_request_success{model="bright"}')).length).toBe(2);
    } finally {
      await stopped(prometheus);
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
