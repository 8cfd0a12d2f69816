import { readFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../until';
import { infer } from './client';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { CLICKED_IMAGE, ENDLESS_IMAGE, putSlowModel } from './slow-model';
import { untilWindows } from './until-job';
import { parsePrometheusText } from '../../gateway/telemetry/triton-metrics';

let triton: RealTriton;
let gateway: RunningGateway;

beforeAll(async () => {
  triton = await startRealTriton();
  const flags = { workers: 1, allow_code_models: 'true' };
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, flags });
  for (const name of ['slow', 'clicked'])
    expect((await putSlowModel(gateway.url, name, name === 'clicked')).status).toBe(200);
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

/** What both models have noted, in the order in which it happened: `begin large`. */
function events(): string[] {
  const lines = ['slow', 'clicked'].flatMap((name) => {
    const text = readFileSync(path.join(triton.repository, name, '1/windows.txt'), 'utf8').trim();
    return text.split('\n').map((line) => [Number(line.split(' ')[0]), line.slice(line.indexOf(' ') + 1)] as const);
  });
  return lines.sort(([a], [b]) => a - b).map(([, event]) => event);
}

test('between two windows of a whole-body job a click has the network, then the job goes on; the metrics tell both', async () => {
  const hangUp = new AbortController();
  const ask = (model: string, id: string, image: Buffer, more = {}) =>
    infer(gateway.url, model, image, { headers: { 'x-request-id': id, priority: 'u=7' }, ...more });
  const large = ask('slow', 'large', ENDLESS_IMAGE, { signal: hangUp.signal });
  await untilWindows(gateway.url, 'large', 3);
  const clicked = ask('clicked', 'click', CLICKED_IMAGE, {
    params: { foreground: [[4, 20, 4]], background: [], result_extension: '.nrrd' },
  });
  const jobs = async () => {
    const samples = parsePrometheusText(await (await fetch(`${gateway.url}/metrics`)).text());
    return samples.flatMap(({ name, labels, value }) =>
      name === 'aiaa_class_jobs' && value > 0 ? [`${value} ${labels.class} ${labels.state}`] : [],
    );
  };
  await until(jobs, (told) => told.length === 2 && told.every((one) => /^1 (click|batch) running$/.test(one)));
  expect((await clicked).status).toBe(200);
  const atEnd = events().lastIndexOf('end click');
  const during = events().slice(events().indexOf('begin click'), atEnd);
  expect(during.filter((event) => event === 'begin click')).toHaveLength(8);
  // One may be on its way already.
  expect(during.filter((event) => event === 'begin large').length).toBeLessThanOrEqual(1);
  await until(events, (all) => all.slice(atEnd).includes('end large'));
  hangUp.abort();
  await expect(large).rejects.toThrow();
});
