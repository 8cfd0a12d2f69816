import { codeString, decimalString, textValue } from '../../../../gateway/imaging/formats/dicom/text-value';

test.each([
  ['a backslash, which separates values', 'left\\right', 'left/right'],
  ['line ends and control characters', ' a\r\nb\tc\x1b\x00d\u0085e\u2028f ', 'a b c d e f'],
  ['64 letters of two bytes', 'ä'.repeat(64), 'ä'.repeat(64)],
  ['65 letters', 'ä'.repeat(65), 'ä'.repeat(64)],
  ['65 letters beyond 16 bits', '𠮷'.repeat(65), '𠮷'.repeat(64)],
  ['a letter with its accent is not cut in two', `${'x'.repeat(63)}e\u0301`, 'x'.repeat(63)],
  ['nothing', ' \n ', ''],
])('long string: %s', (_what, text, expected) => {
  expect(textValue(text, 'LO')).toBe(expected);
});

test('a short text keeps its lines and backslashes', () => {
  expect(textValue('a\\b\nc\r\nd\x1b', 'ST')).toBe('a\\b\r\nc\r\nd');
});

test.each([
  ['spleen_ct', 'SPLEEN_CT'],
  ['Größe-v2.1 (ß)', 'GROSSE_V2_1_SS'],
  ['clara_pt_liver_and_tumor', 'CLARA_PT_LIVER_A'],
  ['脾臓', ''],
])('code string of %s', (text, expected) => {
  expect(codeString(text)).toBe(expected);
});

test.each([
  [-0, '0'],
  [0.1, '0.1'],
  [-124.1234567890123, '-124.12345678901'],
  [1 / 3, '0.33333333333333'],
  [-1.2345678901234e-7, '-1.2345678901e-7'],
  [123456789012345680, '1.2345678901e+17'],
])('decimal string of %d', (value, expected) => {
  const text = decimalString(value);
  expect(text).toBe(expected);
  expect(text.length).toBeLessThanOrEqual(16);
});
