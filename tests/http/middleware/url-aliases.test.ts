import type { Request, Response } from 'express';
import { endpoints } from '../../../gateway/http/endpoints';
import { canonicalPaths, urlAliases } from '../../../gateway/http/middleware/url-aliases';

describe('the URLs people really type', () => {
  test.each([
    ['/v1/models', '/v1/models'],
    ['/v1/models/', '/v1/models'],
    ['/v1/v1/models', '/v1/models'],
    ['/v1/session/', '/session'],
    ['/v1/models/v1/models', '/v1/models'],
    ['/aiaa/v1/models', '/v1/models'],
    ['/a/b/v1/segmentation/', '/v1/segmentation'],
    ['/aiaa/admin/model/spleen', '/admin/model/spleen'],
    ['/admin/model/v1', '/admin/model/v1'],
    ['//v1//models', '/v1/models'],
    ['/session/9ad970be', '/session/9ad970be'],
    ['/info/', '/info'],
    ['/monai/info/', '/info'],
    ['/infer/spleen', '/infer/spleen'],
    ['/monai/infer/session', '/infer/session'],
    ['/admin/model/info', '/admin/model/info'],
    ['/aiaa/docs/', '/docs'],
    ['/aiaa/try/', '/try'],
    ['/aiaa/models/', '/models'],
    ['/aiaa/samples/ct.nii.gz', '/samples/ct.nii.gz'],
    ['/aiaa/web/start/start.js', '/web/start/start.js'],
    ['/', '/'],
    ['/nothing/here', '/nothing/here'],
  ])('%s is %s', (typed, meant) => {
    expect(canonicalPaths(endpoints)(typed)).toBe(meant);
  });
});

test.each([
  ['/aiaa', '/'],
  ['/aiaa/', '/'],
  ['/aiaa?x=/aiaa/', '/?x=/aiaa/'],
  ['/aiaa/v1/models?label=a', '/v1/models?label=a'],
  // Stripped by the proxy already.
  ['/v1/models', '/v1/models'],
  ['/aiaab', '/aiaab'],
])('with --root_path /aiaa %s is %s', (url, meant) => {
  const request = { url } as Request;
  urlAliases(endpoints, '/aiaa')(request, {} as Response, jest.fn());
  expect(request.url).toBe(meant);
});
