/** Bytes that are not text in an encoding that is read. */
export class TextError extends Error {
  override readonly name = 'TextError';
}

/**
 * Text as people's programs save it: UTF-8, with a byte order mark in front or without (Notepad and PowerShell write one, and no editor shows it),
 * or UTF-16 with one (PowerShell's `>`). The mark is not part of the text.
 * @throws TextError for bytes that are not UTF-8, such as Latin-1 umlauts, with the line they stand in
 * @see The Unicode Standard, section 23.8 "Byte Order Mark"
 */
export function decodeText(bytes: Uint8Array): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined; // prettier-ignore
  try {
    return new TextDecoder(utf16 ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    const before = new TextDecoder(utf16 ?? 'utf-8').decode(bytes).split('\ufffd', 1)[0];
    const line = before.split('\n').length;
    throw new TextError(`line ${line} is not ${utf16 ? 'UTF-16' : 'UTF-8'} text; save the file as UTF-8`);
  }
}

/** A text without the byte order mark that a program put in front of it. */
export const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');
