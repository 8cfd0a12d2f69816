import { InUse } from '../../gateway/deployment/in-use';

test('a model is finished when its last job is, well or not; jobs of other models do not count', async () => {
  const inUse = new InUse();
  const events: string[] = [];
  const job = (name: string, outcome: Promise<void>) =>
    inUse
      .run(['spleen'], () => outcome)
      .then(
        () => events.push(name),
        () => events.push(`${name} failed`),
      );
  let endFirst = () => {};
  let failSecond = (_error: Error) => {};
  const first = job('first', new Promise((resolve) => (endFirst = resolve)));
  const second = job('second', new Promise((_, reject) => (failSecond = reject)));
  void inUse.run(['liver'], () => new Promise(() => undefined));

  const finished = inUse.finished('spleen').then(() => events.push('finished'));
  endFirst();
  await first;
  await new Promise(setImmediate);
  expect(events).toEqual(['first']);
  failSecond(new Error('out of memory'));
  await Promise.all([second, finished]);
  expect(events.slice(1).sort()).toEqual(['finished', 'second failed']);
  await inUse.finished('spleen');
});
