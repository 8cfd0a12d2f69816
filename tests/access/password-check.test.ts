import { FailedAttempts } from '../../gateway/access/password-check';

test('the tenth wrong password closes for five minutes from the first one', () => {
  let now = 0;
  const attempts = new FailedAttempts(() => now);
  for (let times = 0; times < 9; times++) attempts.add('10.0.0.1');
  expect(attempts.waitSeconds('10.0.0.1')).toBe(0);
  now = 60_000;
  attempts.add('10.0.0.1');
  expect(attempts.waitSeconds('10.0.0.1')).toBe(240);
  expect(attempts.waitSeconds('::ffff:10.0.0.1')).toBe(240);
  expect(attempts.waitSeconds('10.0.0.2')).toBe(0);
  now = 300_000;
  expect(attempts.waitSeconds('10.0.0.1')).toBe(0);
  attempts.add('10.0.0.1');
  expect(attempts.waitSeconds('10.0.0.1')).toBe(0);
});

test.each([
  ['2001:db8::1', '2001:db8:0:0:ffff::2', true],
  ['2001:db8:0:1::1', '2001:db8::1', false],
  ['fe80::1%eth0', 'fe80::2', true],
  ['::1', '::2', true],
])('%s and %s are one network: %s', (one, other, same) => {
  const attempts = new FailedAttempts(() => 0);
  for (let times = 0; times < 10; times++) attempts.add(one);
  expect(attempts.waitSeconds(other) > 0).toBe(same);
});
