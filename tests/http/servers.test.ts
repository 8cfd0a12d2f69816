import { urlOf } from '../../gateway/http/servers';

test.each([
  ['::', 'http://[::]:5000'],
  ['fe80::1%eth0', 'http://[fe80::1%eth0]:5000'],
  ['0.0.0.0', 'http://0.0.0.0:5000'],
  ['gateway.hospital.org', 'http://gateway.hospital.org:5000'],
])('the URL of a server that listens at %s is %s', (host, url) => expect(urlOf('http', host, 5000)).toBe(url));
