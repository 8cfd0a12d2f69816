import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { createApp } from '../../gateway/app';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { appParts } from './app-parts';

function get(headers: Record<string, string>) {
  const samples = temporaryFolder();
  writeFileSync(join(samples, 'ct.nii'), '0123456789');
  return request(createApp(appParts({ samples })))
    .get('/samples/ct.nii')
    .set(headers)
    .buffer(true);
}

test.each([
  ['bytes=2-4', '234'],
  ['bytes=-2', '89'],
  ['bytes=8-100', '89'],
])('%s of a sample', async (range, text) => {
  const { body } = await get({ range }).expect(206);
  expect(body.toString()).toBe(text);
});

test('a range beyond the end is refused with the size of the file', async () => {
  const { headers, body } = await get({ range: 'bytes=10-' }).expect(416);
  expect(headers['content-range']).toBe('bytes */10');
  expect(body.error.code).toBe('RANGE_NOT_SATISFIABLE');
});

test('a file that is not the one that is meant is refused', async () => {
  await get({ 'if-match': '"another"' }).expect(412);
});
