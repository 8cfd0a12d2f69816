import { CircuitBreaker } from '../../gateway/triton/circuit-breaker';

const forever = new AbortController().signal;
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(new Error('aborted'));
    signal.addEventListener('abort', () => reject(new Error('aborted')));
  });

test('one unanswered question refuses new calls, the second gives up what runs, an answer ends it', async () => {
  const breaker = new CircuitBreaker('grpc://triton:8001');
  expect(() => breaker.throwIfOpen()).not.toThrow();
  const running = breaker.run(forever, untilAborted);
  breaker.record(false);
  expect(() => breaker.throwIfOpen()).toThrow('Triton does not answer at grpc://triton:8001');
  expect(await Promise.race([running.catch(() => 'given up'), Promise.resolve('goes on')])).toBe('goes on');
  breaker.record(false);
  await expect(running).rejects.toMatchObject({ code: 'TRITON_UNAVAILABLE', status: 503 });
  await expect(breaker.run(forever, untilAborted)).rejects.toMatchObject({ code: 'TRITON_UNAVAILABLE' });
  breaker.record(true);
  expect(() => breaker.throwIfOpen()).not.toThrow();
  expect(await breaker.run(forever, (signal) => Promise.resolve(signal.aborted))).toBe(false);
});

test('a client that goes is not told of Triton, and failures of the work stay what they are', async () => {
  const breaker = new CircuitBreaker('grpc://triton:8001');
  const gone = new AbortController();
  const running = breaker.run(gone.signal, untilAborted);
  gone.abort();
  await expect(running).rejects.toThrow('aborted');
  await expect(breaker.run(forever, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
});
