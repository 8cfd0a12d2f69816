import { decodeText, TextError, withoutMark } from '../gateway/text';

const text = '{"label": "Läsion"}';
const utf16 = Buffer.from(text, 'utf16le');

test.each<[string, Buffer]>([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)])],
  ['UTF-16, little endian', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
  ['UTF-16, big endian', Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])],
])('%s is read, without its mark', (_, bytes) => {
  expect(decodeText(bytes)).toBe(text);
});

test('what is no UTF-8 is refused with its line, instead of read with holes', () => {
  expect(() => decodeText(Buffer.from('{\n"label": "Läsion"}', 'latin1'))).toThrow(TextError);
  expect(() => decodeText(Buffer.from('{\n"label": "Läsion"}', 'latin1'))).toThrow('line 2 is not UTF-8 text');
});

test('a mark at the start of a text goes, others stay', () => {
  expect(withoutMark('\ufeffa\ufeff')).toBe('a\ufeff');
});
