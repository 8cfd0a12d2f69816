import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { infer, putModel } from './client';
import { brightConfig, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { until } from '../until';

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
}

const spans: Span[] = [];
let collector: Server;
let triton: RealTriton;
let gateway: RunningGateway;
const image = makeNifti1({ dim: [4, 4, 4], datatype: 2, voxels: new Uint8Array(64).fill(60) });

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as {
      resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
    };
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    response.setHeader('Content-Type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  triton = await startRealTriton();
  gateway = await startGateway({
    tritonUrl: triton.grpcUrl,
    repository: triton.repository,
    flags: { otlp_url: `http://127.0.0.1:${port}/v1/traces` },
  });
  expect(await putModel(gateway.url, 'bright', brightConfig(), identityModel())).toMatchObject({ status: 200 });
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
  collector.close();
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

test("a collector gets the request as part of the caller's trace, and a span for each stage", async () => {
  const { status, headers } = await infer(gateway.url, 'bright', image, {
    headers: { traceparent: `00-${TRACE}-${CALLER}-01`, 'x-request-id': 'traced' },
  });
  expect(status).toBe(200);
  const [, traceId, spanId] = headers.get('traceparent')!.split('-');
  expect(traceId).toBe(TRACE);
  await until(() => spans.some((span) => span.spanId === spanId));
  const ours = spans.filter((span) => span.traceId === TRACE);
  const server = ours.find((span) => span.spanId === spanId)!;
  expect(server).toMatchObject({ name: 'POST /v1/segmentation', parentSpanId: CALLER });
  expect(server.attributes).toContainEqual({ key: 'aiaa.request_id', value: { stringValue: 'traced' } });
  const stages = ours.filter((span) => span.parentSpanId === spanId);
  expect(stages.map(({ name }) => name)).toEqual(expect.arrayContaining(['queue', 'decode', 'triton', 'post', 'write'])); // prettier-ignore
  const ms = (nanos: string) => Number(BigInt(nanos) / 1000n) / 1000;
  for (const { startTimeUnixNano: begin, endTimeUnixNano: end } of stages) {
    expect(ms(begin)).toBeGreaterThanOrEqual(ms(server.startTimeUnixNano) - 5);
    expect(ms(end)).toBeLessThanOrEqual(ms(server.endTimeUnixNano) + 5);
  }
});

test('a request that failed has the stages until then', async () => {
  const { status, headers } = await infer(gateway.url, 'bright', Buffer.from('no image'));
  expect(status).toBe(400);
  const spanId = headers.get('traceparent')!.split('-')[2];
  await until(() => spans.some((span) => span.spanId === spanId));
  const stages = spans.filter((span) => span.parentSpanId === spanId);
  expect(stages.map(({ name }) => name)).toEqual(['queue', 'decode']);
});

test('a caller who wants no trace gets none; one that names none begins one', async () => {
  const before = spans.length;
  const unwanted = '11111111111111111111111111111111';
  await fetch(`${gateway.url}/v1/models`, { headers: { traceparent: `00-${unwanted}-${CALLER}-00` } });
  const own = await fetch(`${gateway.url}/v1/models`);
  const traceId = own.headers.get('traceparent')!.split('-')[1];
  await until(() => spans.some((span) => span.traceId === traceId));
  expect(spans.slice(before).map((span) => span.traceId)).toEqual([traceId]);
  expect(spans.at(-1)!.parentSpanId || undefined).toBeUndefined();
});
