import request from 'supertest';
import { createApp } from '../../gateway/app';
import { Catalog } from '../../gateway/deployment/catalog';
import { Servers, TritonServer } from '../../gateway/deployment/servers';
import { until } from '../until';
import { appParts, fakeModel } from './app-parts';

const noSharedMemory = () => Promise.resolve({ expected: false, used: false, reason: 'told by the test' });

test('/health/ready says 200 when a model can be called, and not as soon as Triton answers', async () => {
  let answered: (live: boolean) => void = () => {};
  const triton = {
    url: 'grpc://triton:8001',
    health: {
      isLive: () => Promise.resolve(true),
      watchLiveness: (_ms: number, _onChange: unknown, onAnswer: typeof answered) => void (answered = onAnswer),
    },
    sharedMemoryUse: noSharedMemory,
  };
  const parts = appParts();
  const servers = new Servers(new TritonServer('triton', triton as never, undefined as never));
  const models = new Catalog({ servers, logger: parts.logger, options: {} } as never);
  models.enter(fakeModel('ct', {}, { triton: { platform: 'onnxruntime_onnx' } }));
  models.reconciler.watchTriton();
  const app = createApp({ ...parts, models });
  const statuses = async () => {
    const ready = await request(app).get('/health/ready');
    const called = await request(app).post('/v1/inference?model=ct');
    return [ready.status, called.body.error.code];
  };

  answered(true);
  expect(await statuses()).toEqual([200, 'NO_IMAGE']);
  answered(false);
  expect(await statuses()).toEqual([503, 'TRITON_UNAVAILABLE']);
  answered(true);
  expect(await statuses()).toEqual([200, 'NO_IMAGE']);
});

test('/health/ready says 503 from when Triton went until its models are loaded again', async () => {
  let changed: (live: boolean) => void = () => {};
  const health = {
    isLive: () => Promise.resolve(true),
    watchLiveness: (_ms: number, onChange: typeof changed) => void (changed = onChange),
  };
  const triton = { url: 'grpc://triton:8001', health, sharedMemoryUse: noSharedMemory };
  const parts = appParts();
  const settled: (() => void)[] = [];
  const locks = { run: () => new Promise<void>((resolve) => settled.push(resolve)) };
  const nothing = { names: () => Promise.resolve([]) };
  const servers = new Servers(new TritonServer('triton', triton as never, nothing as never));
  const models = new Catalog({ servers, locks, store: nothing, logger: parts.logger, options: {} } as never);
  models.enter(fakeModel('ct', {}, { triton: { platform: 'onnxruntime_onnx' } }));
  models.reconciler.watchTriton();
  const app = createApp({ ...parts, models });
  const isReady = async () => (await request(app).get('/health/ready')).status === 200;

  expect(await isReady()).toBe(true);
  changed(false);
  expect(await isReady()).toBe(false);
  changed(true);
  expect(await isReady()).toBe(false);
  // It went again meanwhile: the first look says nothing of the second one.
  changed(false);
  changed(true);
  expect(await isReady()).toBe(false);
  settled[0]();
  expect(await isReady()).toBe(false);
  settled[1]();
  await until(isReady);
});
