import { setTimeout as sleep } from 'node:timers/promises';
import { get, remove } from './client';
import { putNumbered, servedNumber } from './numbered-model';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';

/** Models that are loaded, replaced and removed; `CHURN=50` for the long form. */
const MODELS = Number(process.env.CHURN ?? 6);
const CLIENTS = 8;
/** Changes under way at the same time. */
const AT_ONCE = 3;
/** Clients leave the processor to the changes they watch. */
const CALL_EVERY_MS = 50;

let triton: RealTriton;
let gateway: RunningGateway;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
  for (const number of [1, 2]) expect((await putNumbered(gateway.url, `still-${number}`, number)).status).toBe(200);
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

test(`${MODELS} models come, are replaced and go while ${CLIENTS} clients call others: no call on those fails or is answered by another model`, async () => {
  let over = false;
  let calls = 0;
  const wrong: (number | string)[] = [];
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    const number = 1 + (client % 2);
    for (; !over; await sleep(CALL_EVERY_MS)) {
      const served = await servedNumber(gateway.url, `still-${number}`);
      calls++;
      if (served !== number) wrong.push(served);
    }
  });

  const names = Array.from({ length: MODELS }, (_, index) => `moving-${index}`);
  const changed = new Map<string, unknown>();
  const queue = [...names];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let name = queue.shift(); name; name = queue.shift()) {
        const first = (await putNumbered(gateway.url, name, 10)).status;
        const second = (await putNumbered(gateway.url, name, 20)).status;
        const served = await servedNumber(gateway.url, name);
        changed.set(name, [first, second, served, (await remove(gateway.url, name)).status]);
      }
    }),
  );
  over = true;
  await Promise.all(clients);
  process.stderr.write(`${calls} calls of untouched models, ${wrong.length} failed\n`);
  expect(wrong).toEqual([]);
  expect(calls).toBeGreaterThan(CLIENTS);
  expect([...changed.values()]).toEqual(names.map(() => [200, 200, 20, 200]));
  expect((await get(`${gateway.url}/v1/models`)).json).toHaveLength(2);
}, 3_600_000);
