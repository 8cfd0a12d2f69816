import { AddressList, isLoopback } from '../../gateway/access/addresses';

test.each([
  ['*', '203.0.113.5', true],
  ['', '127.0.0.1', false],
  ['127.0.0.1', '127.0.0.1', true],
  ['localhost', '::1', true],
  ['10.0.0.7, 127.0.0.0/8', '::ffff:127.0.0.1', true],
  ['10.0.0.7', '127.0.0.1', false],
  ['10.0.0.0/24', '10.0.0.200', true],
  ['10.0.0.0/24', '::ffff:10.0.1.1', false],
  ['fd00::/8', 'fd12::1', true],
  ['0.0.0.0/0', 'unknown', false],
])('"%s" has %s: %s', (list, address, expected) => {
  expect(new AddressList('admin_hosts', list).includes(address)).toBe(expected);
});

test.each(['somewhere', '10.0.0.0/x', '10.0.0.256'])('"%s" is refused at start, with the flag', (list) => {
  expect(() => new AddressList('client_hosts', list)).toThrow(/--client_hosts/);
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:10.0.0.1', false],
  ['10.0.0.1', false],
  ['', false],
  ['localhost.evil.example', false],
])('%s is this machine: %s', (address, expected) => expect(isLoopback(address)).toBe(expected));
