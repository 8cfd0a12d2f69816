import { unreadable } from '../../../image-error';
import type { OtherFile } from '../../decoded-image';
import { readPiece, type NamedFile } from '../../file-head';
import { looksLikeDicom } from '../file/encoding';
import { groupedBy } from './same-grid';
import { say, type Sentence } from '../../../../sentence';

/** Files that systems and viewers put into folders, by their first bytes. */
const MARKS: readonly [kind: string, ...marks: string[]][] = [
  ['AppleDouble files', '\x00\x05\x16\x07', '\x00\x05\x16\x00'],
  ['folder files of macOS', '\x00\x00\x00\x01Bud1'],
  ['OLE files such as Thumbs.db', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['pictures', '\xff\xd8\xff', '\x89PNG\r\n', 'GIF8', 'BM', 'II*\x00', 'MM\x00*', 'RIFF'],
  ['PDF documents', '%PDF'],
  ['archives', 'PK\x03\x04', '\x1f\x8b', '7z\xbc\xaf', 'Rar!'],
  ['programs', 'MZ', '\x7fELF'],
];
const TEXT = /^[\t\n\r\x20-\x7e\x80-\xff]+$/;
const HEAD = 512;

/** The kind of a file that is not DICOM; undefined for one that begins like DICOM, whatever its name. */
export async function kindOfOther({ path, name }: NamedFile): Promise<OtherFile | undefined> {
  const head = await readPiece(path, 0, HEAD);
  if (looksLikeDicom(head)) return undefined;
  const text = head.toString('latin1');
  const mark = MARKS.find(([, ...marks]) => marks.some((start) => text.startsWith(start)));
  if (mark) return { name, kind: mark[0], known: true };
  if (head.length === 0) return { name, kind: 'empty files', known: false };
  return { name, kind: TEXT.test(text) ? 'text files' : 'files of unknown kind', known: false };
}

/** Refuses a file among the others that is named like the images and holds nothing known. @param images their names @throws ImageError */
export function refuseDamaged(others: readonly OtherFile[], images: readonly string[]): void {
  const patterns = new Set(images.map(pattern));
  const isNamedLikeOne = (name: string) => /\.(dcm|dicom|dic|ima)$/i.test(name) || patterns.has(pattern(name));
  const damaged = others.find(({ name, known }) => !known && isNamedLikeOne(name));
  if (!damaged) return;
  const what = damaged.kind === 'empty files' ? say`is empty` : say`is not DICOM`;
  throw unreadable(say`"${damaged.name}" is called like an image of the series and ${what}: was it sent whole?`);
}

const pattern = (name: string) => name.toLowerCase().replace(/\d+/g, '0');

const SHOWN = 3;

/** One sentence on the files that were left out, by kinds; none when there are no such files. */
export function tellLeftOut(others: readonly OtherFile[]): Sentence[] {
  if (others.length === 0) return [];
  const list = [...groupedBy(others, ({ kind }) => kind)].map(([kind, files]) => {
    const shown = files.slice(0, SHOWN).map(({ name }) => `"${name}"`).join(', '); // prettier-ignore
    return `${files.length} ${kind} (${shown}${files.length > SHOWN ? ', ...' : ''})`;
  });
  const are =
    others.length === 1 ? say`file is no image of the series and was` : say`files are no images of the series and were`;
  return [say`${others.length} ${are} left out: ${list.join(', ')}.`];
}
