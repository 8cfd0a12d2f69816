import { advisories, advisoriesFor } from '../../gateway/triton/advisories';

/** Numbers of the advisories that hold for a version, with a question mark where that is not certain. */
const held = (version: string) =>
  advisoriesFor(version)!.flatMap(({ ids, certain }) => ids.map((id) => (certain ? id : `${id}?`)));
const august = ['CVE-2025-23310', 'CVE-2025-23311', 'CVE-2025-23319', 'CVE-2025-23320', 'CVE-2025-23334'];
const may = ['CVE-2026-24206', 'CVE-2026-24207', 'CVE-2026-24208', 'CVE-2026-24209'];
const perhaps = (ids: string[]) => ids.map((id) => `${id}?`);

test.each([
  ['2.51.0', [...august, ...may]],
  ['2.55.0', [...august, ...may]],
  ['2.59.0', [...perhaps(august), ...may]],
  ['2.60.0', may],
  ['2.68.0', may],
  ['2.69.0', perhaps(may)],
  ['2.70.0', []],
  ['2.75.0', []],
])('Triton %s: %j', (version, ids) => expect(held(version)).toEqual(ids));

test('the newest has no fault that is known here, and the one before has that of its dynamic batcher', () => {
  expect(advisoriesFor('2.75.0')).toEqual([]);
  expect(advisoriesFor('2.74.0')).toEqual([
    expect.objectContaining({ what: expect.stringContaining('dynamic batcher') }),
  ]);
});

test('nothing is said of a version that cannot be read', () => {
  expect(advisoriesFor('unknown')).toBeUndefined();
  expect(advisoriesFor('3.0.0')).toBeUndefined();
});

test('every line has its source', () => {
  for (const { source } of advisories) expect(source).toMatch(/release notes|bulletin|advisory/);
});
