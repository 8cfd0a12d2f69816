import { open } from 'node:fs/promises';
import { ImageError } from '../../../image-error';
import { looksLikeDicom } from '../file/find-data-set';

/** A file that was sent with a series. */
export interface SeriesFile {
  path: string;
  /** What the user calls it. */
  name: string;
}

/** A file that is no image of the series. */
export interface OtherFile {
  name: string;
  /** In the plural, such as `pictures`. */
  kind: string;
  /** Its content shows what it is. */
  known: boolean;
}

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
/** Enough for the first elements of a file without preamble. */
const HEAD = 512;

/** What a file is that is not DICOM; undefined for one that begins like DICOM, whatever it is called. */
export async function kindOfOther({ path, name }: SeriesFile): Promise<OtherFile | undefined> {
  const head = await readHead(path);
  if (looksLikeDicom(head)) return undefined;
  const text = head.toString('latin1');
  const mark = MARKS.find(([, ...marks]) => marks.some((start) => text.startsWith(start)));
  if (mark) return { name, kind: mark[0], known: true };
  if (head.length === 0) return { name, kind: 'empty files', known: false };
  return { name, kind: TEXT.test(text) ? 'text files' : 'files of unknown kind', known: false };
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * That none of the files to be left out was an image: one that is called like the images and holds nothing known is damaged.
 *
 * @param images names of the images
 * @throws ImageError naming it
 */
export function refuseDamaged(others: readonly OtherFile[], images: readonly string[]): void {
  const patterns = new Set(images.map(pattern));
  const damaged = others.find(({ name, known }) => !known && (/\.(dcm|dicom|dic|ima)$/i.test(name) || patterns.has(pattern(name))));
  if (!damaged) return;
  const what = damaged.kind === 'empty files' ? 'is empty' : 'is not DICOM';
  throw new ImageError('unreadable', `"${damaged.name}" is called like an image of the series and ${what}: was it sent whole?`);
} // prettier-ignore

/** A name without its numbers. */
const pattern = (name: string) => name.toLowerCase().replace(/\d+/g, '0');

/** Names that stand in a warning. */
const SHOWN = 3;

/** One sentence on what was left out, by kinds; none when nothing was. */
export function tellLeftOut(others: readonly OtherFile[]): string[] {
  if (others.length === 0) return [];
  const kinds = new Map<string, string[]>();
  for (const { kind, name } of others) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  const list = [...kinds].map(([kind, names]) => {
    const shown = names.slice(0, SHOWN).map((name) => `"${name}"`).join(', ');
    return `${names.length} ${kind} (${shown}${names.length > SHOWN ? ', ...' : ''})`;
  });
  const are = others.length === 1 ? 'file is no image of the series and was' : 'files are no images of the series and were';
  return [`${others.length} ${are} left out: ${list.join(', ')}.`];
} // prettier-ignore
