import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWith, programNamed } from '../deploy/programs';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { infer, putModel } from './client';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { until } from '../until';

const deploy = path.join(__dirname, '../../deploy');
/** Triton tells of these on a machine with NVIDIA's cards only (its documentation of metrics). */
const ofGpus = /^nv_gpu_(utilization|memory_used_bytes|memory_total_bytes|power_usage)$/;

interface Panel {
  title: string;
  targets: { expr: string }[];
}

const dashboards = readdirSync(path.join(deploy, 'grafana/dashboards')).map((file) => ({
  file,
  panels: (JSON.parse(readFileSync(path.join(deploy, 'grafana/dashboards', file), 'utf8')) as { panels: Panel[] })
    .panels,
}));
const namesIn = (text: string) => [...new Set(text.match(/\b(aiaa|nv|process|nodejs)_\w+/g) ?? [])];

describeWith(
  'the shipped Prometheus and Grafana files with a real gateway, Triton and Prometheus',
  ['prometheus'],
  () => {
    let folder: string;
    let triton: RealTriton;
    let gateway: RunningGateway;
    let prometheus: ChildProcess;
    let api: string;

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'monitoring-'));
      triton = await startRealTriton();
      gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
      await putModel(gateway.url, 'bright', brightConfig(), identityModel());
      cpSync(path.join(deploy, 'prometheus'), folder, { recursive: true });
      const config = path.join(folder, 'prometheus.yml');
      const targets = { 'gateway:5000': new URL(gateway.url).host, 'triton:8002': new URL(triton.metricsUrl).host };
      let text = readFileSync(config, 'utf8')
        .replace('scrape_interval: 10s', 'scrape_interval: 1s')
        .replace('scrape_timeout: 8s', 'scrape_timeout: 1s');
      for (const [shipped, here] of Object.entries(targets)) {
        expect(text).toContain(shipped);
        text = text.replace(shipped, here);
      }
      writeFileSync(config, text);
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      server.close();
      api = `http://${address}/api/v1`;
      prometheus = spawn(
        programNamed('prometheus')!,
        [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`],
        { stdio: 'ignore' },
      );
      // Figures that grow while they are looked at.
      const image = makeNifti1({ dim: [4, 4, 4], datatype: 2, voxels: new Uint8Array(64).fill(60) });
      await until(async () => (await value('count(up == 1)')) === 2);
      for (let seen = 1; seen <= 3; seen++) {
        await infer(gateway.url, 'bright', image);
        await infer(gateway.url, 'nobody', image);
        const figures = ['aiaa_http_requests_total{status="404"}', 'nv_inference_request_success{model="bright"}'];
        await until(async () => (await Promise.all(figures.map(value))).every((figure) => figure >= seen));
      }
    });

    afterAll(async () => {
      if (prometheus) {
        prometheus.kill('SIGTERM');
        await once(prometheus, 'exit');
      }
      await gateway?.stop();
      await triton?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    async function query(expression: string): Promise<{ status: string; result: { value: [number, string] }[] }> {
      const answer = await fetch(`${api}/query?query=${encodeURIComponent(expression)}`).catch(() => undefined);
      if (!answer?.ok) return { status: 'away', result: [] };
      const { status, data } = (await answer.json()) as {
        status: string;
        data?: { result: { value: [number, string] }[] };
      };
      return { status, result: data?.result ?? [] };
    }
    const value = async (expression: string) => Number((await query(expression)).result[0]?.value[1]);

    test('every metric that a panel or an alert uses is there', async () => {
      const pages = await Promise.all(
        [`${gateway.url}/metrics`, triton.metricsUrl].map(async (url) => (await fetch(url)).text()),
      );
      const there = new Set(
        pages.flatMap((page) => [...page.matchAll(/^([a-z]\w+)(?:\{|\s)/gm)].map(([, name]) => name)),
      );
      const used = namesIn(
        JSON.stringify(dashboards) +
          readFileSync(path.join(deploy, 'prometheus/rules.yml'), 'utf8') +
          readFileSync(path.join(deploy, 'kubernetes/prometheus-adapter.yaml'), 'utf8'),
      );
      const unknown = used.filter(
        (name) => !there.has(name) && !ofGpus.test(name) && name !== 'aiaa_triton_queue_seconds',
      );
      expect(used.length).toBeGreaterThan(8);
      expect(unknown).toEqual([]);
    });

    test.each(dashboards.flatMap(({ file, panels }) => panels.map((panel) => [file, panel.title, panel] as const)))(
      '%s: %s has figures',
      async (_file, _title, { targets }) => {
        for (const { expr } of targets) {
          const { status, result } = await query(expr.replaceAll('[5m]', '[30s]'));
          expect([expr, status]).toEqual([expr, 'success']);
          if (!namesIn(expr).some((name) => ofGpus.test(name))) expect([expr, result.length]).not.toEqual([expr, 0]);
        }
      },
    );

    test('no alert is raised while all is well', async () => {
      const { data } = (await (await fetch(`${api}/rules`)).json()) as {
        data: { groups: { rules: { name: string; health: string; state: string }[] }[] };
      };
      const rules = data.groups.flatMap((group) => group.rules);
      expect(rules.length).toBeGreaterThan(4);
      for (const { name, state } of rules) expect([name, state]).toEqual([name, 'inactive']);
    });
  },
);
