import type { Request } from 'express';
import { watchArrival } from '../../../gateway/http/multipart/body-arrival';

/** A request whose body comes, as far as the watch looks at it. */
const request = { socket: { bytesRead: 0 }, readableLength: 0, complete: false };
const SECONDS = 60;
/** One look is due, after the clock has gone on by so many seconds. */
function look(seconds = SECONDS / 4): void {
  clock.mockReturnValue((now += seconds * 1000));
  jest.advanceTimersByTime((SECONDS / 4) * 1000);
}

let now = 0;
const clock = jest.spyOn(performance, 'now');
let refused: jest.Mock;
let end: () => void;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['performance', 'nextTick', 'queueMicrotask'] });
  Object.assign(request, { socket: { bytesRead: 0 }, readableLength: 0, complete: false });
  clock.mockReturnValue((now = 0));
  refused = jest.fn();
  const watch = watchArrival(request as unknown as Request, SECONDS);
  watch.stalled.catch(refused);
  end = watch.end;
});
afterEach(() => {
  end();
  jest.useRealTimers();
});
afterAll(() => clock.mockRestore());
const isRefused = async () => {
  await Promise.resolve();
  return refused.mock.calls.map(([error]: [{ code: string }]) => error.code);
};

test('a client that sends nothing for that long is refused, not one that sends a byte before', async () => {
  for (let byte = 1; byte < 4; byte++) {
    for (let quiet = 0; quiet < 3; quiet++) look();
    request.socket.bytesRead = byte;
    look();
  }
  expect(await isRefused()).toEqual([]);
  for (let quiet = 0; quiet < 4; quiet++) look();
  expect(await isRefused()).toEqual(['REQUEST_TIMEOUT']);
});

test('a look that is late, since this thread was held up, comes before the bytes of that time: they are waited for', async () => {
  look();
  look(10 * SECONDS);
  request.socket.bytesRead = 1000;
  look();
  expect(await isRefused()).toEqual([]);
});

test.each([
  ['bytes that wait for the disk', { readableLength: 10 }],
  ['a body that has come whole, of which the last bytes wait for the disk', { complete: true }],
])('%s are no silence', async (_, state) => {
  Object.assign(request, state);
  for (let quiet = 0; quiet < 10; quiet++) look();
  expect(await isRefused()).toEqual([]);
});
