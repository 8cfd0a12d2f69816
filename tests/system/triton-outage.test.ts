import { setTimeout as sleep } from 'node:timers/promises';
import { get, infer, type Answer } from './client';
import { putNumbered, servedNumber } from './numbered-model';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { smallImage } from './small-image';

/** How long Triton is away; `OUTAGE_SECONDS=60` for the long form. */
const OUTAGE_MS = 1000 * Number(process.env.OUTAGE_SECONDS ?? 18);
/** Triton is asked for a sign of life every second with a deadline of 5 s, twice before running calls are ended. */
const NOTICED_AFTER_MS = 13_000;

let triton: RealTriton;
let gateway: RunningGateway;
let image: Buffer;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, flags: { workers: 2 } });
  expect((await putNumbered(gateway.url, 'm', 7)).status).toBe(200);
  image = await smallImage();
}, 180_000);

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

interface Call {
  at: number;
  ms: number;
  answer: Answer;
}

/** Calls one after the other until `over` aborts. */
async function callAgainAndAgain(over: AbortSignal, call: () => Promise<Answer>): Promise<Call[]> {
  const calls: Call[] = [];
  while (!over.aborted) {
    const at = performance.now();
    const answer = await call();
    calls.push({ at, ms: performance.now() - at, answer });
    await sleep(20);
  }
  return calls;
}

/** Traffic of two clients and one that looks at the list, while `outage` happens. @returns what they saw from its begin to its end, and after */
async function traffic(outage: () => Promise<void>) {
  // Each worker thread connects with its first job.
  await Promise.all([0, 1].map(() => infer(gateway.url, 'm', image)));
  const over = new AbortController();
  const lists = callAgainAndAgain(over.signal, () => get(`${gateway.url}/v1/models`));
  const clients = [0, 1].map(() => callAgainAndAgain(over.signal, () => infer(gateway.url, 'm', image)));
  await sleep(300);
  const began = performance.now();
  await outage();
  const ended = performance.now();
  while ((await servedNumber(gateway.url, 'm')) !== 7 && performance.now() - ended < 60_000) await sleep(20);
  const backAfter = performance.now() - ended;
  over.abort();
  const calls = (await Promise.all(clients)).flat();
  const during = calls.filter(({ at, ms }) => at + ms > began + 100 && at < ended - 100);
  return {
    backAfter,
    lists: await lists,
    calls,
    during,
    caught: during.filter(({ at }) => at < began + 4000),
    known: during.filter(({ at }) => at > began + NOTICED_AFTER_MS),
  };
}

function expectGoodOutage({ backAfter, lists, during, known }: Awaited<ReturnType<typeof traffic>>) {
  expect(new Set(lists.map(({ answer }) => answer.status))).toEqual(new Set([200]));
  expect(Math.max(...lists.map(({ ms }) => ms))).toBeLessThan(2000);
  const failed = during.filter(({ answer }) => answer.status !== 200);
  expect(failed.length).toBeGreaterThan(0);
  for (const { answer, ms } of failed) {
    expect({ status: answer.status, code: answer.json?.error?.code }).toMatchObject({ status: 503 });
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]$/);
    expect(ms).toBeLessThan(NOTICED_AFTER_MS + 5000);
  }
  // Once it is known, nobody waits.
  for (const { ms } of known) expect(ms).toBeLessThan(2000);
  process.stderr.write(`first success ${Math.round(backAfter)} ms after Triton was back; ${during.length} calls during the outage, slowest ${Math.round(Math.max(...during.map(({ ms }) => ms)))} ms, slowest list ${Math.round(Math.max(...lists.map(({ ms }) => ms)))} ms\n`); // prettier-ignore
  expect(backAfter).toBeLessThan(process.env.OUTAGE_SECONDS ? 5000 : 20_000);
}

test('a frozen Triton during traffic: the list answers, calls get 503 with Retry-After, and it goes on when Triton does', async () => {
  const seen = await traffic(async () => {
    process.kill(triton.tritonPid, 'SIGSTOP');
    await sleep(OUTAGE_MS);
    process.kill(triton.tritonPid, 'SIGCONT');
  });
  expectGoodOutage(seen);
  // Calls that were under way would go on and succeed when Triton does, were they not ended before.
  expect(seen.caught.length).toBeGreaterThan(1);
  expect(new Set(seen.caught.map(({ answer }) => answer.status))).toEqual(new Set([503]));
  expect(seen.known.length).toBeGreaterThan(0);
}, 300_000);

test('a Triton that was killed during traffic: the same, from when it is up again', async () => {
  const port = Number(new URL(triton.grpcUrl.replace('grpc:', 'http:')).port);
  const seen = await traffic(async () => {
    await triton.kill9();
    await sleep(OUTAGE_MS / 4);
    const again = await startRealTriton({ repository: triton.repository, grpcPort: port });
    const { stop } = triton;
    triton = { ...again, stop: async () => void (await Promise.all([again.stop(), stop()])) };
  });
  expectGoodOutage(seen);
}, 300_000);
