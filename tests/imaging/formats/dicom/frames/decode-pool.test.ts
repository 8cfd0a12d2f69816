import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type * as threads from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import type * as Decode from '../../../../../gateway/imaging/formats/dicom/frames/decode-into';
import type * as Pool from '../../../../../gateway/imaging/formats/dicom/frames/pool/decode-pool';
import { layoutOf } from '../../../../../gateway/imaging/formats/dicom/frames/frame';
import { goldenFrames } from './golden-frames';

// Threads run compiled files.
const built = join(__dirname, '../../../../../dist/imaging/formats/dicom/frames');
const { decodeInto, useDecoders } = jest.requireActual<typeof Decode>(join(built, 'decode-into.js'));
const { connectDecoders } = jest.requireActual<typeof Pool>(join(built, 'pool/decode-pool.js'));

const mockStarted: Worker[] = [];
const mockLoss = { next: false };
jest.mock('node:worker_threads', () => {
  const actual = jest.requireActual<typeof threads>('node:worker_threads');
  class SeenWorker extends actual.Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      mockStarted.push(this);
    }
    /** A thread that is to be lost ends before it sees its batch. */
    override postMessage(...args: Parameters<Worker['postMessage']>): void {
      if (mockLoss.next) void this.terminate();
      mockLoss.next = false;
      super.postMessage(...args);
    }
  }
  return { ...actual, Worker: SeenWorker };
});

const { frame, format, values } = goldenFrames().find(({ name }) => name === 'jpeg-2000 12s of 34 x 35')!;
const { length } = layoutOf(format);
const right = [...new Int16Array(values.slice().buffer)];
const source = { bytes: frame, ranges: [{ at: 0, length: frame.length }], format };
const tasks = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    source,
    at: index * length,
    meaning: { slope: 2, intercept: index },
  }));
const shared = (count: number) => new Float32Array(new SharedArrayBuffer(4 * count * length));

beforeAll(() => useDecoders(connectDecoders()));
afterAll(() => Promise.all(mockStarted.map((worker) => worker.terminate())));

test('frames are decoded in threads, each in its place with its own rescaling', async () => {
  const target = shared(40);
  await decodeInto(tasks(40), target);
  for (const index of [0, 1, 39])
    expect([...target.subarray(index * length, (index + 1) * length)]).toEqual(right.map((value) => 2 * value + index));
  expect(mockStarted.length).toBeGreaterThan(0);
});

test('an array that is not shared is filled too, and only where frames are', async () => {
  const target = new Float32Array(length + 2).fill(7);
  await decodeInto([{ source, at: 1 }], target);
  expect([...target]).toEqual([7, ...right, 7]);
});

test('the first bad frame is named, and the others go on', async () => {
  const cut = { ...source, ranges: [{ at: 0, length: 200 }] };
  const some = tasks(60).map((task, index) => (index === 17 || index === 55 ? { ...task, source: cut } : task));
  await expect(decodeInto(some, shared(60))).rejects.toMatchObject({ index: 17, kind: 'unreadable' });
  const target = shared(1);
  await decodeInto(tasks(1), target);
  expect(target[3]).toBe(2 * right[3]);
});

test('a thread that is lost fails its frames with a sentence; the next ones get another', async () => {
  await decodeInto(tasks(1), shared(1));
  mockLoss.next = true;
  await expect(decodeInto(tasks(400), shared(400))).rejects.toThrow(/^its decoder ended without an answer/);
  const target = shared(1);
  await decodeInto(tasks(1), target);
  expect(target[3]).toBe(2 * right[3]);
});

test('neither the pool nor its threads keep a process alive', () => {
  const program = `
    const { decodeInto, useDecoders } = require(${JSON.stringify(join(built, 'decode-into.js'))});
    useDecoders(require(${JSON.stringify(join(built, 'pool/decode-pool.js'))}).connectDecoders());
    const source = ${JSON.stringify({ ...source, bytes: undefined })};
    source.bytes = Buffer.from('${Buffer.from(frame).toString('base64')}', 'base64');
    const target = new Int16Array(new SharedArrayBuffer(2 * ${length}));
    decodeInto([{ source, at: 0 }], target).then(() => console.log(target[3]));`;
  const { stdout, status } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  expect([status, Number(stdout)]).toEqual([0, right[3]]);
});
