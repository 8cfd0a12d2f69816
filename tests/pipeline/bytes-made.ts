import * as memory from '../../gateway/arena';

/** Bytes of each array that was made meanwhile; for tests that have put `jest.fn` around those that make them. */
export async function bytesMade(work: () => Promise<unknown>): Promise<number[]> {
  const makers = [jest.mocked(memory.allocate), jest.mocked(memory.allocateUnset)];
  for (const make of makers) make.mockClear();
  await work();
  return makers.flatMap((make) => make.mock.results.map(({ value }) => (value as ArrayBufferView).byteLength));
}
