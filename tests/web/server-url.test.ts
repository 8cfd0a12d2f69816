import { checkServerUrl } from '../../web/start/server-url';

const here = 'http://gpu:5000';

test.each(['http://gpu:5000', 'http://gpu:5000/', ' "http://GPU:5000" '])('%s is right', (typed) => {
  expect(checkServerUrl(typed, here)).toMatchObject({
    verdict: 'good',
    url: expect.stringMatching(/^http:..gpu:5000.?$/i),
    reasons: [],
  });
});

test.each([
  ['http://gpu:5000/v1', 'Clients append /v1/models by themselves'],
  ['http://gpu:5000/v1/models', '/v1/models is too much'],
  ['http://gpu:5000/docs/', '/docs/ is too much'],
  ['http://gpu:5000/aiaa/', 'The path is /aiaa/'],
  ['http://gpu:5000/?model=x', 'after ? or #'],
])('%s is forgiven', (typed, reason) => {
  const { verdict, reasons } = checkServerUrl(typed, here);
  expect([verdict, reasons.join(' ')]).toEqual(['forgiven', expect.stringContaining(reason)]);
});

test.each([
  ['', 'Nothing is entered'],
  ['gpu:5000', 'no http:// in front: http://gpu:5000'],
  ['gpu', 'no http:// in front'],
  ['http://', 'not a URL'],
  ['https://gpu:5000', 'says https'],
  ['grpc://gpu:8001', 'begins with grpc://'],
  ['http://gpu', 'Without a port it is not where this page comes from: that is 5000'],
  ['http://gpu:5001', 'Port 5001 is not where this page comes from'],
  ['http://gpu:8001', "one of Triton's own"],
  ['http://localhost:5000', 'localhost is the machine the client runs on. This server is gpu.'],
  ['ftp://demo.nvidia.example:5000', 'begins with ftp://'],
  ['http://me:secret@gpu:5000', 'a user or a password'],
])('%s is wrong', (typed, reason) => {
  const { verdict, reasons } = checkServerUrl(typed, here);
  expect([verdict, reasons.join(' ')]).toEqual(['wrong', expect.stringContaining(reason)]);
  expect(reasons.at(-1)).toContain(here);
});

test('on the machine itself 127.0.0.1 and localhost are one', () => {
  expect(checkServerUrl('http://localhost:5000', 'http://127.0.0.1:5000').verdict).toBe('good');
});

test.each([
  ['http://demo.nvidia.example:5000', 'http://demo.nvidia.example:5000/v1/models'],
  ['https://10.0.0.7/aiaa/', 'https://10.0.0.7/aiaa/v1/models'],
  [' "http://gateway:5000/v1/models" ', 'http://gateway:5000/v1/models'],
])('%s cannot be tested from here, and how to test it there', (typed, models) => {
  const { verdict, reasons } = checkServerUrl(typed, here);
  expect([verdict, reasons.join(' ')]).toEqual(['untested', expect.stringContaining(`curl ${models}. `)]);
});
