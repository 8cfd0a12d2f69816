import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { temporaryFolder } from '../temporary-file';
import { element, makeDicom } from './make-dicom';
import { textsOf } from '../../../texts-of';

const slice = (at: number, more: Buffer[] = []) => makeDicom({ position: [0, 0, 2 * at], more });
const report = makeDicom({
  position: [0, 0, 0], series: '9.9', sopClass: '1.2.840.10008.5.1.4.1.1.88.11', without: [0x00280010, 0x00280011, 0x7fe00010],
}); // prettier-ignore
const segmentation = makeDicom({ position: [0, 0, 0], series: '9.8', sopClass: '1.2.840.10008.5.1.4.1.1.66.4' });

/** A series of three images, and these files beside them. */
async function decode(beside: Record<string, Buffer>, options?: Parameters<typeof decodeImage>[2]) {
  const folder = temporaryFolder();
  const images = Object.fromEntries([0, 1, 2].map((at) => [`IM${at}`, slice(at)]));
  for (const [name, content] of Object.entries({ ...images, ...beside })) writeFileSync(join(folder, name), content);
  return decodeImage(folder, 'series', options);
}

test('what systems and viewers leave in folders is left out, and one warning counts it', async () => {
  const { volume, warnings } = await decode({
    '.DS_Store': Buffer.from('\0\0\0\x01Bud1', 'latin1'),
    'Thumbs.db': Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    '._IM0': Buffer.from('0005160700020000', 'hex'),
    'preview.jpg': Buffer.from('ffd8ffe0', 'hex'),
    'readme.txt': Buffer.from('see disc 2'),
    'autorun.inf': Buffer.from('[autorun]'),
    flag: Buffer.alloc(0),
    report,
    segmentation,
  });
  expect(volume.shape).toEqual([5, 4, 3]);
  expect(warnings).toHaveLength(1);
  expect(warnings![0].text).toMatch(/^9 files are no images of the series and were left out: /);
  for (const part of ['1 AppleDouble files ("._IM0")', '2 text files ("autorun.inf", "readme.txt")', '1 empty files ("flag")', '1 DICOM objects without pixels ("report")', '1 DICOM segmentations ("segmentation")'])
    expect(warnings![0].text).toContain(part);
}); // prettier-ignore

test.each<[string, Record<string, Buffer>, RegExp]>([
  ['an empty file called like the images', { IM3: Buffer.alloc(0) }, /"IM3" is called like an image of the series and is empty: was it sent whole\?/],
  ['zeros called .dcm', { 'x.DCM': Buffer.alloc(600) }, /"x\.DCM" is called like an image of the series and is not DICOM/],
  ['an image that ends in its header', { other: slice(3).subarray(0, 503) }, /"other": it is no DICOM file this server reads: it ends inside its header/],
  ['an image that ends before its pixels', { other: makeDicom({ position: [0, 0, 6], without: [0x7fe00010] }) }, /"other": it is truncated: it is an image, and ends before its pixel data/],
  ['pixels that end early', { other: slice(3).subarray(0, -2) }, /"other": it is truncated: 38 of 40 bytes of its pixel data are there/],
  ['pixels of more frames than it says', { other: slice(3, [element(0x7fe0, 0x0010, 'OW', Buffer.alloc(80))]) }, /"other": its pixel data does not fit its header: 5 x 4 pixels need 40 bytes, and there are 80/],
  ['frames that are not there', { other: slice(3, [element(0x0028, 0x0008, 'IS', '2')]) }, /"other": its pixel data is truncated: 2 frames of 5 x 4 pixels need 80 bytes, and there are 40/],
])('%s is not left out, but refused by its name', async (_, beside, message) => {
  await expect(decode(beside)).rejects.toMatchObject({ name: 'ImageError', message: expect.stringMatching(message) });
}); // prettier-ignore

test('files are called as the client called them, objects from a PACS by their UID', async () => {
  const cut = { other: slice(3, [element(0x0008, 0x0018, 'UI', '1.2.77')]).subarray(0, -2) };
  await expect(decode(cut, { names: new Map([['other', 'CT/Müller 4']]) })).rejects.toThrow(
    /^"CT\/Müller 4": it is truncated/,
  );
  await expect(decode(cut, { names: new Map() })).rejects.toThrow(/^"1\.2\.77": it is truncated/);
});

test('bytes after the pixels are ignored with a warning', async () => {
  const { warnings } = await decode({ other: slice(3, [element(0x7fe0, 0x0010, 'OW', Buffer.alloc(50))]) });
  expect(textsOf(warnings)).toEqual(['"other" has 10 bytes after its pixels, which were ignored.']);
});
