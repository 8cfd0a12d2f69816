import { Catalog } from '../../gateway/deployment/catalog';
import { Servers, TritonServer } from '../../gateway/deployment/servers';

type OnAnswer = (live: boolean) => void;

/** A catalog whose Triton answers "is it live" when the test says so; nothing else of it is asked here. */
function watchedCatalog() {
  let answer: OnAnswer = () => {};
  const watchLiveness = (_ms: number, _onChange: OnAnswer, onAnswer: OnAnswer) => {
    answer = onAnswer;
    return () => {};
  };
  const triton = { url: 'grpc://triton:8001', health: { watchLiveness } };
  const logger = { info() {}, warn() {}, error() {} };
  const servers = new Servers(new TritonServer('triton', triton as never, undefined as never));
  const models = new Catalog({ servers, logger, options: {} } as never);
  models.reconciler.watchTriton();
  return { models, answer: (live: boolean) => answer(live) };
}

const model = {
  spec: { name: 'm', triton: {}, pre: [], inference: { inferer: { kind: 'simple' } } },
  version: 1,
} as never;
const untilAborted = (_models: unknown, signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

test('a running call ends with 503 at the second question that Triton leaves open', async () => {
  const { models, answer } = watchedCatalog();
  const running = models.run(model, new AbortController().signal, untilAborted);
  answer(true);
  answer(false);
  expect(await Promise.race([running.catch(() => 'ended'), Promise.resolve('goes on')])).toBe('goes on');
  answer(false);
  await expect(running).rejects.toMatchObject({ code: 'TRITON_UNAVAILABLE', status: 503 });
});

test('a client that goes ends its own call alone', async () => {
  const { models } = watchedCatalog();
  const [gone, stays] = [new AbortController(), new AbortController()];
  const [mine, other] = [gone, stays].map(({ signal }) => models.run(model, signal, untilAborted));
  await new Promise(setImmediate);
  gone.abort();
  await expect(mine).rejects.toThrow('aborted');
  expect(await Promise.race([other.catch(() => 'ended'), Promise.resolve('goes on')])).toBe('goes on');
  stays.abort();
  await expect(other).rejects.toThrow('aborted');
});
