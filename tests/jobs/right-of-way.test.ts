import { RightOfWay, wayFor } from '../../gateway/jobs/right-of-way';

const HOUR_MS = 3_600_000;

/** Three threads, whose requests wait as long as it takes. */
function threads(mostMs = HOUR_MS) {
  const way = wayFor(3);
  return [0, 1, 2].map((thread) => new RightOfWay(way, thread, mostMs));
}

/** Notes when a request goes on. */
function asks(thread: RightOfWay): { went: () => boolean; gone: Promise<void> } {
  let went = false;
  const gone = thread.give().then(() => void (went = true));
  return { went: () => went, gone };
}

/** Lets go on what can. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('where nobody clicks a request goes on at once', async () => {
  const [a] = threads();
  await a.give();
});

test('a request waits until the click has left; leaving without having come wakes nobody', async () => {
  const [a, b, click] = threads();
  click.take();
  click.take();
  const waits = [asks(a), asks(b)];
  a.leave();
  await settled();
  expect(waits.map(({ went }) => went())).toEqual([false, false]);
  click.leave();
  await Promise.all(waits.map(({ gone }) => gone));
});

test('all clicks that were there before are waited for, those that come meanwhile are not', async () => {
  const [large, first, second] = threads();
  first.take();
  second.take();
  const waits = asks(large);
  first.leave();
  // The next click of the same person.
  first.take();
  await settled();
  expect(waits.went()).toBe(false);
  second.leave();
  await waits.gone;
  const next = asks(large);
  await settled();
  expect(next.went()).toBe(false);
  first.leave();
  await next.gone;
});

test('a click that never leaves holds a request up for a while only', async () => {
  const [large, click] = threads(1);
  click.take();
  await large.give();
});
