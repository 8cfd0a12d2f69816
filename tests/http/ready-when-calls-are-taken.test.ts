import request from 'supertest';
import { createApp } from '../../gateway/app';
import { Catalog } from '../../gateway/deployment/catalog';
import { Servers, TritonServer } from '../../gateway/deployment/servers';
import { appParts, fakeModel } from './app-parts';

test('/health/ready says 200 when a model can be called, and not as soon as Triton answers', async () => {
  let answered: (live: boolean) => void = () => {};
  const triton = {
    url: 'grpc://triton:8001',
    health: {
      isLive: () => Promise.resolve(true),
      watchLiveness: (_ms: number, _onChange: unknown, onAnswer: typeof answered) => void (answered = onAnswer),
    },
    sharedMemoryUse: () => Promise.resolve({ expected: false, used: false, reason: 'told by the test' }),
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
