import { Outage } from '../../gateway/triton/circuit-breaker';

const forever = new AbortController().signal;
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(new Error('aborted'));
    signal.addEventListener('abort', () => reject(new Error('aborted')));
  });

test('one unanswered question refuses new calls, the second gives up what runs, an answer ends it', async () => {
  const outage = new Outage('grpc://triton:8001');
  expect(() => outage.throwIfSilent()).not.toThrow();
  const running = outage.guard(forever, untilAborted);
  outage.note(false);
  expect(() => outage.throwIfSilent()).toThrow('Triton does not answer at grpc://triton:8001');
  expect(await Promise.race([running.catch(() => 'given up'), Promise.resolve('goes on')])).toBe('goes on');
  outage.note(false);
  await expect(running).rejects.toMatchObject({ code: 'TRITON_UNAVAILABLE', status: 503 });
  await expect(outage.guard(forever, untilAborted)).rejects.toMatchObject({ code: 'TRITON_UNAVAILABLE' });
  outage.note(true);
  expect(() => outage.throwIfSilent()).not.toThrow();
  expect(await outage.guard(forever, (signal) => Promise.resolve(signal.aborted))).toBe(false);
});

test('a client that goes is not told of Triton, and failures of the work stay what they are', async () => {
  const outage = new Outage('grpc://triton:8001');
  const gone = new AbortController();
  const running = outage.guard(gone.signal, untilAborted);
  gone.abort();
  await expect(running).rejects.toThrow('aborted');
  await expect(outage.guard(forever, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
});
