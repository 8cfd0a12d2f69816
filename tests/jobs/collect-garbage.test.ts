import { addressOf, allocateUnset, bytesSinceReclaim, manageLargeArrays, releaseMemory } from '../../gateway/arena';
import { dropGarbage, JobGarbage } from '../../gateway/jobs/collect-garbage';

const MB = 1 << 20;

beforeEach(() => {
  jest.useFakeTimers();
  manageLargeArrays();
  releaseMemory();
});
afterEach(() => jest.useRealTimers());

/** An array that is still in the memory afterwards. */
const large = (bytes: number) => allocateUnset(Uint8Array, bytes).fill(1);
const isInMemory = (array: Uint8Array) => addressOf(array) !== undefined;

test('the memory of a thread is kept while jobs follow each other, and given back when it is idle', () => {
  const garbage = new JobGarbage();
  const array = large(80 * MB);
  for (let job = 0; job < 10; job++) {
    const ended = garbage.jobBegins();
    jest.advanceTimersByTime(200_000);
    ended();
    jest.advanceTimersByTime(20_000);
  }
  expect(isInMemory(array)).toBe(true);
  jest.advanceTimersByTime(200_000);
  expect(isInMemory(array)).toBe(false);
  expect(array.every((x) => x === 1)).toBe(true);
});

test('little memory is kept for the next click', () => {
  const ended = new JobGarbage().jobBegins();
  const array = large(8 * MB);
  ended();
  jest.advanceTimersByTime(200_000);
  expect(isInMemory(array)).toBe(true);
});

test('of a very large job nothing is kept', () => {
  const garbage = new JobGarbage();
  const ended = garbage.jobBegins();
  const array = allocateUnset(Uint8Array, 1100 * MB);
  jest.advanceTimersByTime(1000);
  expect(isInMemory(array)).toBe(true);
  ended();
  expect(isInMemory(array)).toBe(false);
});

test('what a step has replaced makes room for the next one, when it is worth a collection', async () => {
  jest.useRealTimers();
  /** Where an array lay that nobody holds. */
  const leave = (bytes: number) => addressOf(large(bytes));
  const little = leave(8 * MB);
  await dropGarbage();
  expect(bytesSinceReclaim()).toBeGreaterThan(0);
  expect(leave(100 * MB)).not.toBe(little);
  await dropGarbage();
  expect(bytesSinceReclaim()).toBe(0);
  expect(leave(100 * MB)).toBe(little);
});
