import express from 'express';
import request from 'supertest';
import type { UploadCall } from '../../../gateway/http/endpoint';
import { errorHandler } from '../../../gateway/http/middleware/error-handler';
import { refuseTextInPlaceOfFile, warnOfUnreadFields } from '../../../gateway/http/multipart/form-fields';
import { beginRun } from '../../../gateway/http/middleware/request-run';
import { receiveUpload } from '../../../gateway/http/multipart/upload';
import { temporaryFolder } from '../../imaging/formats/temporary-file';
import { silentLogger } from '../../silent-logger';

function server(check: (call: UploadCall) => void) {
  const app = express().use(beginRun(silentLogger()));
  app.post('/', async (sent, response) => {
    const upload = await receiveUpload(sent, response, { directory: temporaryFolder(), maxBytes: 1 << 20 });
    check({ request: sent, response, upload } as UploadCall);
    response.end();
  });
  return app.use(errorHandler(silentLogger()));
}

describe('a field that holds a name in place of a file', () => {
  const app = server(({ upload }) => refuseTextInPlaceOfFile(upload, ['image']));
  test.each([
    ['image', 'ct.nii.gz'],
    ['image', 'the scan'],
    ['scan', '/data/Series 3/ct.NRRD'],
    ['model', 'weights.onnx'],
  ])('%s=%s is refused with the line that works', async (field, value) => {
    const { status, body } = await request(app).post('/').field('params', '{}').field(field, value);
    expect([status, body.error.code]).toEqual([400, 'TEXT_IN_PLACE_OF_FILE']);
    expect(body.error.message[0]).toContain(`curl -F ${field}=@${value}`);
  });

  test('beside a file, a field of any other text is none', async () => {
    const form = request(app).post('/').field('image', 'the scan').attach('data', Buffer.from('x'), 'x.nii');
    expect((await form).status).toBe(200);
    const named = request(app).post('/').field('config', 'config_aiaa.json').attach('data', Buffer.from('x'), 'x.onnx');
    expect((await named).body.error.message[0]).toContain('curl -F config=@config_aiaa.json');
  });

  test.each(['{"points": [[1, 2, 3]]}', '["a.nii"]', 'a\nb.nii', '', 'true'])('%j is no such text', async (value) => {
    expect((await request(app).post('/').field('note', value)).status).toBe(200);
  });
});

describe('form fields that nothing reads', () => {
  const app = server((call) => warnOfUnreadFields(call, ['params']));
  const said = async (form: request.Test) => JSON.parse((await form).headers['x-aiaa-warnings'] ?? '[]') as string[];

  test('are named, and what is read is too', async () => {
    const form = request(app).post('/').field('parms', '{}').field('modle', 'x').attach('image', Buffer.from('x'), 'x');
    expect(await said(form)).toEqual([
      'The form field "parms", "modle" was not used; this call reads "params", files.',
    ]);
  });

  test('do not count where they are empty, or read', async () => {
    expect(await said(request(app).post('/').field('params', '{}').field('note', ''))).toEqual([]);
  });
});
