import { boundaryOf, readParts } from '../../gateway/sessions/pacs/multipart-related';

async function partsOf(text: string, chunk: number, boundary = 'b'): Promise<string[]> {
  const parts: string[] = [];
  async function* body() {
    for (let at = 0; at < text.length; at += chunk) yield Buffer.from(text.slice(at, at + chunk), 'latin1');
  }
  for await (const piece of readParts(body(), boundary)) {
    if (piece === 'part') parts.push('');
    else parts[parts.length - 1] += piece.toString('latin1');
  }
  return parts;
}

const whole =
  'preamble\r\n--b\r\nContent-Type: x\r\n\r\none\r\n--not\r\n--b\r\n\r\n\r\n--b \r\nA: 1\r\nB: 2\r\n\r\n\r\n\r\nthree\r\n--b--\r\nepilogue\r\n--b\r\n\r\nx';

test.each([1, 2, 3, 5, 7, 11, 1000])('cut into pieces of %d bytes, the parts are the same', async (chunk) => {
  expect(await partsOf(whole, chunk)).toEqual(['one\r\n--not', '', '\r\n\r\nthree']);
});

test('the first delimiter may stand at the very beginning', async () => {
  expect(await partsOf('--b\r\nC: d\r\n\r\nx\r\n--b--', 4)).toEqual(['x']);
});

test.each(['--b\r\nC: d\r\n\r\nx', '--b\r\nC: d', '', '--b\r\nC: d\r\n\r\nx\r\n--b'])('%j broke off', async (text) => {
  await expect(partsOf(text, 3)).rejects.toThrow('broke off');
});

test('the boundary with and without quotes; another type is told', () => {
  expect(boundaryOf('multipart/related; type="application/dicom"; boundary="a=b"')).toBe('a=b');
  expect(boundaryOf('Multipart/Related;boundary=xy;start=1')).toBe('xy');
  expect(() => boundaryOf('text/html')).toThrow(/"text\/html" instead of multipart/);
});
