import { FairOrder, type Ordered } from '../../gateway/jobs/fair-order';
import type { JobClass } from '../../gateway/jobs/job-class';

const classes: Record<string, JobClass> = { c: 'click', i: 'image', b: 'batch' };

/** `a:i` is an image of user a. */
const jobOf = (text: string, number: number): Ordered & { name: string } => {
  const [user, kind] = text.split(':');
  return { name: text, number, class: classes[kind[0]], user, passed: 0 };
};

/** One worker: the order in which jobs begin that all wait from the beginning. */
function served(...texts: string[]): string[] {
  const order = new FairOrder();
  const waiting = texts.map(jobOf);
  const begun: string[] = [];
  while (waiting.length > 0) {
    const [next] = order.sorted(waiting);
    waiting.splice(waiting.indexOf(next), 1);
    order.began(next, waiting);
    begun.push(next.name);
  }
  return begun;
}

test.each([
  ['one user: first come, first served', ['a:i1', 'a:i2', 'a:i3'], ['a:i1', 'a:i2', 'a:i3']],
  ['clicks first, batches last', ['a:b', 'a:i', 'b:b', 'a:c'], ['a:c', 'a:i', 'a:b', 'b:b']],
  ['users in turns', ['a:i1', 'a:i2', 'a:i3', 'b:i1', 'c:i1', 'b:i2'], ['a:i1', 'b:i1', 'c:i1', 'a:i2', 'b:i2', 'a:i3']],
  ['turns are those of a class', ['a:b1', 'a:i1', 'b:b1', 'a:b2'], ['a:i1', 'a:b1', 'b:b1', 'a:b2']],
])('%s', (_name, came, begun) => {
  expect(served(...came)).toEqual(begun);
}); // prettier-ignore

/** Jobs that come and begin one by one. */
function begins(order: FairOrder, waiting: Ordered[]): Ordered {
  const [next] = order.sorted(waiting);
  waiting.splice(waiting.indexOf(next), 1);
  order.began(next, waiting);
  return next;
}

test('who comes later than others has a turn at once, and no credit for the time before', () => {
  const order = new FairOrder();
  const waiting = Array.from({ length: 10 }, (_, n) => jobOf('a:i', n));
  for (let n = 0; n < 5; n++) begins(order, waiting);
  for (let n = 10; n < 14; n++) waiting.push(jobOf('b:i', n));
  const users = Array.from({ length: 6 }, () => begins(order, waiting).user);
  expect(users.join('')).toBe('bababa');
});

test('a batch job is passed by sixteen later ones, then it is next', () => {
  const order = new FairOrder();
  const waiting: Ordered[] = [jobOf('a:b', 0)];
  let number = 1;
  const begun = Array.from({ length: 18 }, () => {
    waiting.push(jobOf('b:c', number), jobOf('c:c', number + 1));
    number += 2;
    return begins(order, waiting).class;
  });
  expect(begun.indexOf('batch')).toBe(16);
});

test('jobs of many new users do not keep one that waits from its turn', () => {
  const order = new FairOrder();
  const waiting: Ordered[] = [jobOf('a:i', 0), jobOf('a:i', 1)];
  const users: string[] = [];
  for (let n = 2; n < 20; n++) {
    waiting.push(jobOf(`new${n}:i`, n));
    users.push(begins(order, waiting).user);
  }
  expect(users.lastIndexOf('a')).toBeGreaterThan(0);
  expect(users.lastIndexOf('a')).toBeLessThanOrEqual(17);
});
