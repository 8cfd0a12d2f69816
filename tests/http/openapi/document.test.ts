import request from 'supertest';
import { createApp } from '../../../gateway/app';
import { errorsOf } from '../../../gateway/http/endpoint';
import { endpoints } from '../../../gateway/http/endpoints';
import { openApiDocument, templateOf } from '../../../gateway/http/openapi/document';
import { appParts } from '../app-parts';

// oxlint-disable-next-line typescript/no-explicit-any
const document: any = openApiDocument(endpoints, 'http://here:5000');

test('it is a valid OpenAPI 3.1 document', async () => {
  // An ESM-only package.
  const { Validator } = await import('@seriousme/openapi-schema-validator');
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  expect(document.openapi).toMatch(/^3\.1/);
});

test('queries and params are those the routes read', () => {
  const { parameters, requestBody } = document.paths['/v1/deepgrow'].post;
  expect(parameters).toMatchObject([
    { name: 'model', in: 'query', required: true },
    { name: 'session_id', required: false },
    { name: 'output', required: false, schema: { enum: ['image', 'json', 'dicom_seg', 'all'], default: 'all' } },
    { name: 'segmentation', required: false, schema: { enum: ['binary', 'labelmap'] } },
  ]);
  const { params } = requestBody.content['multipart/form-data'].schema.properties;
  expect(params.properties.foreground.anyOf[0]).toMatchObject({ type: 'array', items: { type: 'array' } });
  expect(document.paths['/logs'].get.parameters).toMatchObject([
    { name: 'lines', schema: { type: 'integer', minimum: 0, default: 100 } },
    { name: 'level', schema: { enum: ['error', 'warn', 'info', 'debug'] } },
    { name: 'text' },
    { name: 'request' },
    { name: 'before', schema: { type: 'string', format: 'date-time' } },
  ]);
  expect(document.paths['/session'].put.requestBody.content['application/json'].schema).toMatchObject({
    properties: { dicom: { required: ['server_address'] } },
  });
});

test('every operation says what can go wrong, in the words of the catalogue, and how to ask with curl', () => {
  for (const endpoint of endpoints) {
    const { responses, description } = document.paths[templateOf(endpoint.path)][endpoint.method];
    const said = JSON.stringify(responses);
    expect(errorsOf(endpoint).filter((code) => !said.includes(`"summary":"${code}"`))).toEqual([]);
    expect(description).toMatch(/```sh\ncurl .*http:\/\/here:5000\//);
  }
  expect(Object.keys(document.paths['/v1/segmentation'].post.responses)).toEqual(
    expect.arrayContaining(['200', '400', '404', '408', '413', '440', '500', '503', '507']),
  );
});

test('the URLs are those the caller reached the server by, with the path of --root_path', async () => {
  const app = createApp(appParts({ root_path: '/aiaa', trust_proxy: 'loopback', hosts: 'inner, ai.hospital.org' }));
  const { body } = await request(app)
    .get('/aiaa/docs/openapi.json')
    .set('Host', 'inner:5000')
    .set('X-Forwarded-Host', 'ai.hospital.org')
    .set('X-Forwarded-Proto', 'https')
    .expect(200);
  expect(body.servers).toEqual([{ url: 'https://ai.hospital.org/aiaa' }]);
});
