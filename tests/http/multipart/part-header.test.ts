import { parsePartHeader } from '../../../gateway/http/multipart/part-header';

const disposition = (text: string) => parsePartHeader(Buffer.from(`Content-Disposition: form-data; ${text}`));

describe('the header of a part, as real clients write it', () => {
  test.each([
    ['name="params"', 'params', undefined],
    ['name=params', 'params', undefined],
    ['name="datapoint"; filename="test-data/image.nii.gz"', 'datapoint', 'test-data/image.nii.gz'],
    ['name="image"; filename="ä"b\\c;d.nii.gz"', 'image', 'ä"b\\c;d.nii.gz'],
    ['name="image"; filename="C:\\scans\\x.nii"', 'image', 'C:\\scans\\x.nii'],
    ['name="image"; filename="a; name=b.nii"', 'image', 'a; name=b.nii'],
    ['filename="x.nii"; name="image"', 'image', 'x.nii'],
    ['name="image"; filename=x.nii.gz', 'image', 'x.nii.gz'],
    ['name="image"; filename="_.nii"; filename*=UTF-8\'\'%C3%A4.nii', 'image', 'ä.nii'],
    ['name="image"; filename*=UTF-8\'\'%E4.nii', 'image', '%E4.nii'],
    ['name="image"; filename=""', 'image', ''],
  ])('%s', (text, field, fileName) => {
    expect(disposition(text)).toEqual({ field, fileName, isFile: fileName !== undefined });
  });

  test('a file name that never ends is looked at once', () => {
    const begun = ';filename="'.repeat(5000);
    expect(parsePartHeader(Buffer.from(`Content-Disposition: form-data${begun}x`)).fileName).toBeDefined();
  });

  test('an octet stream is a file, `params` never is', () => {
    const block = (name: string) =>
      Buffer.from(`content-disposition: form-data; name="${name}"\r\ncontent-type: application/octet-stream`);
    expect(parsePartHeader(block('image')).isFile).toBe(true);
    expect(parsePartHeader(block('params')).isFile).toBe(false);
    expect(disposition('name="params"; filename="params.json"').isFile).toBe(false);
  });

  test('Latin-1 names, folded lines and no disposition at all', () => {
    expect(
      parsePartHeader(Buffer.from('Content-Disposition: form-data; name="i"; filename="\xe4.nii"', 'latin1')).fileName,
    ).toBe('ä.nii');
    expect(parsePartHeader(Buffer.from('Content-Disposition: form-data;\r\n name="i"')).field).toBe('i');
    expect(parsePartHeader(Buffer.alloc(0))).toEqual({ field: '', fileName: undefined, isFile: false });
  });
});
