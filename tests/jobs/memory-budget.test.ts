import { MemoryBudget } from '../../gateway/jobs/memory-budget';

const MB = 2 ** 20;
const budgetOf = (mb: number, onFreed = () => {}) => new MemoryBudget(3, () => mb * MB, onFreed);

test('a job that could never have so much is told what would fit', () => {
  const lease = budgetOf(100).lease(0);
  expect(lease.refusal(200 * MB, 'ct.nii', 40e6)).toMatchObject({
    code: 'MEMORY_EXCEEDED',
    status: 413,
    message: expect.stringContaining('"ct.nii" needs about 200 MB of memory, and this server gives its jobs 100 MB in all. An image of up to about 20 million voxels would fit'),
  }); // prettier-ignore
});

test('growth is taken at once or refused, and given back with the rest', () => {
  const freed: unknown[] = [];
  const budget = budgetOf(100, () => freed.push(budget.figures));
  const [a, b] = [0, 1].map((index) => budget.lease(index));
  expect([a.grow(50 * MB), b.grow(40 * MB)]).toEqual([true, true]);
  expect([a.grow(60 * MB), a.grow(61 * MB), a.has(60 * MB), a.has(61 * MB)]).toEqual([true, false, true, false]);
  expect(a.refusal(61 * MB)).toMatchObject({ code: 'MEMORY_BUSY', status: 503 });
  budget.end(a, 10 * MB);
  expect([freed, b.grow(91 * MB), b.grow(90 * MB)]).toEqual([[{ limit: 100 * MB, used: 50 * MB }], false, true]);
});

test('a job takes its memory unasked, but not while others wait for theirs', () => {
  const budget = budgetOf(100);
  const [a, b] = [0, 1].map((index) => budget.lease(index));
  expect([a.growUnasked(50 * MB), b.growUnasked(60 * MB)]).toEqual([true, false]);
  budget.waiting = 1;
  expect(b.growUnasked(10 * MB)).toBe(false);
  budget.waiting = 0;
  expect([b.growUnasked(10 * MB), budget.figures.used]).toEqual([true, 60 * MB]);
});
