import { hostname } from 'node:os';
import { knownHosts } from '../../gateway/access/host-names';

const isKnown = knownHosts('AI.example.org, *.svc.example', ['ward7', 'ward7.local']);

test.each([
  undefined,
  'localhost',
  'LOCALHOST:5000',
  'localhost.',
  '127.0.0.1:5000',
  '203.0.113.5',
  '[::1]:5000',
  'ward7:5000',
  'ward7.local',
  'ai.example.org',
  'gateway.aiaa.svc.example:80',
])('%s is this server', (host) => expect(isKnown(host)).toBe(true));

test.each([
  'evil.example',
  'evil.example:5000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'ward7.evil.example',
  'svc.example',
  'evil.example@127.0.0.1',
  '[evil]',
  'a/b',
])('%s is not', (host) => expect(isKnown(host)).toBe(false));

test('* is any name', () => expect(knownHosts('*', [])('evil.example')).toBe(true));

test('this machine knows its own name', () => expect(knownHosts('')(`${hostname()}:1`)).toBe(true));
