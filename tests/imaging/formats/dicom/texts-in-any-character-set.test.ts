import { decodeText } from '../../../../gateway/imaging/formats/dicom/character-sets';
import golden from '../../../golden/dicom_segmentation.json';

test.each(golden.texts)('$sets: $text, as pydicom reads it', ({ sets, bytes, text }) => {
  expect(decodeText(Buffer.from(bytes, 'hex'), sets)).toBe(text);
});

// The example of PS3.5 annex K; pydicom 3.0.2 leaves its escape sequences in the text.
test('simplified Chinese with escape sequences', () => {
  const bytes = Buffer.from('Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=', 'latin1');
  expect(decodeText(bytes, '\\ISO 2022 IR 58')).toBe('Zhang^XiaoDong=张^小东=');
});

test('a set in the middle of a name ends at the next part of the name, at the next value and at the end of a line', () => {
  const greek = '\x1b-F\xe1';
  const bytes = Buffer.from(`${greek}\xe1^\xe1\\${greek}=\xe1\r\n\xe1`, 'latin1');
  expect(decodeText(bytes, 'ISO 2022 IR 100\\ISO 2022 IR 126')).toBe('αα^á\\α=á\r\ná');
});

test.each([
  ['a set that nobody knows', 'ISO_IR 999', 'M\xfcller', 'Müller'],
  ['no set, and letters beyond ASCII', '', 'M\xfcller', 'Müller'],
  ['an escape sequence that nobody knows', 'ISO 2022 IR 6\\ISO 2022 IR 87', 'a\x1b%Gb', 'a%Gb'],
])('%s', (_what, sets, bytes, text) => {
  expect(decodeText(Buffer.from(bytes, 'latin1'), sets)).toBe(text);
});
