import { progressLine } from '../../gateway/cli/terminal';
import { newLines } from '../../gateway/cli/verbs/logs';

test.each([
  [['a', 'b'], ['a', 'b', 'c'], ['c']],
  [['a', 'b', 'c', 'd'], ['c', 'd'], []],
  [['x', 'x'], ['x', 'x', 'x'], []],
  [[], ['a'], ['a']],
  [
    ['b', 'd'],
    ['a', 'b', 'c', 'd', 'e'],
    ['c', 'e'],
  ],
  // More came than was asked for: nothing of the old is there any more.
  [['a'], ['x', 'y'], ['x', 'y']],
])('after %j of %j comes %j', (seen, now, fresh) => {
  expect(newLines(seen, now)).toEqual(fresh);
});

test('the bar is empty, half and full', () => {
  const bar = (done: number) => /\[(.*)\] +(\d+) %/.exec(progressLine('x', done, 2 ** 20))!.slice(1);
  expect(bar(0)).toEqual(['·'.repeat(24), '0']);
  expect(bar(2 ** 19)).toEqual(['#'.repeat(12) + '·'.repeat(12), '50']);
  expect(bar(2 ** 20)).toEqual(['#'.repeat(24), '100']);
});
