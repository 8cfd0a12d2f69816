import { get, infer, type Answer } from './client';
import { putNumbered, servedNumber } from './numbered-model';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { smallImage } from './small-image';
import { until } from '../until';

/** The least time that Triton is away; `OUTAGE_SECONDS=60` for the long form. */
const OUTAGE_MS = 1000 * Number(process.env.OUTAGE_SECONDS ?? 0);

let triton: RealTriton;
let gateway: RunningGateway;
let image: Buffer;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, flags: { workers: 2 } });
  expect((await putNumbered(gateway.url, 'm', 7)).status).toBe(200);
  image = await smallImage();
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

interface Call {
  begun: number;
  answer?: Answer;
}

/** Calls one after the other until `over` aborts; `calls` also has the one that is not answered yet. */
function callAgainAndAgain(over: AbortSignal, call: () => Promise<Answer>) {
  const calls: Call[] = [];
  const done = (async () => {
    while (!over.aborted) {
      const one: Call = { begun: performance.now() };
      calls.push(one);
      one.answer = await call();
    }
  })();
  return { calls, done };
}

/** Traffic of two clients and of one that looks at the list, while Triton goes away and comes back. */
async function expectGoodOutage(goAway: () => Promise<void> | void, comeBack: () => Promise<void> | void) {
  const over = new AbortController();
  const list = callAgainAndAgain(over.signal, () => get(`${gateway.url}/v1/models`));
  const clients = [0, 1].map(() => callAgainAndAgain(over.signal, () => infer(gateway.url, 'm', image)));
  const answeredSince = ({ calls }: { calls: Call[] }, time: number) =>
    calls.filter(({ begun, answer }) => begun >= time && answer);
  await until(() => clients.every((client) => answeredSince(client, 0).length >= 3));

  const running = clients.map(({ calls }) => calls.at(-1)!);
  await goAway();
  const away = performance.now();
  // Those that run then are ended while Triton is still away, and who comes later does not wait for it.
  await until(() => running.every(({ answer }) => answer));
  await until(() => clients.every((client) => answeredSince(client, away).length >= 5));
  await until(() => answeredSince(list, away).length >= 5);
  await until(() => performance.now() >= away + OUTAGE_MS);
  const during = clients.flatMap((client) => answeredSince(client, away));
  await comeBack();
  await until(
    () => servedNumber(gateway.url, 'm'),
    (number) => number === 7,
  );
  over.abort();
  await Promise.all([list, ...clients].map(({ done }) => done));

  expect(new Set(list.calls.map(({ answer }) => answer!.status))).toEqual(new Set([200]));
  for (const { answer } of during) {
    expect({ status: answer!.status, code: answer!.json?.error?.code }).toEqual({ status: 503, code: 'TRITON_UNAVAILABLE' }); // prettier-ignore
    expect(answer!.headers.get('retry-after')).toMatch(/^[1-9]$/);
  }
}

test('a frozen Triton during traffic: the list answers, calls get 503 with Retry-After, and it goes on when Triton does', async () => {
  const goOn = () => void process.kill(triton.tritonPid, 'SIGCONT');
  // A gateway that waits for a frozen Triton could not be stopped.
  await expectGoodOutage(() => void process.kill(triton.tritonPid, 'SIGSTOP'), goOn).finally(goOn);
});

test('a Triton that was killed during traffic: the same, from when it is up again', async () => {
  const port = Number(new URL(triton.grpcUrl.replace('grpc:', 'http:')).port);
  await expectGoodOutage(
    () => triton.kill9(),
    async () => {
      const again = await startRealTriton({ repository: triton.repository, grpcPort: port });
      const { stop } = triton;
      triton = { ...again, stop: async () => void (await Promise.all([again.stop(), stop()])) };
    },
  );
});
