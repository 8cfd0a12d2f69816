import { canonicalPath } from '../../gateway/routes/url-aliases';

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
    ['/', '/'],
    ['/nothing/here', '/nothing/here'],
  ])('%s is %s', (typed, meant) => {
    expect(canonicalPath(typed)).toBe(meant);
  });
});
