/** Single-byte sets and those of several bytes without escape sequences, by their defined term, as the Encoding Standard names them (PS3.3 C.12.1.1.2). */
const WHOLE: Record<string, string> = {
  'ISO_IR 100': 'latin1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'iso-8859-9',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 166': 'tis-620',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

/** What an escape sequence (without ESC) puts in place: for bytes below 128 (`low`), or for those above. */
const ESCAPES: Record<string, { side: 'low' | 'high'; label: string }> = {
  '(B': { side: 'low', label: 'ascii' },
  '(J': { side: 'low', label: 'ascii' },
  $B: { side: 'low', label: 'jis-x-0208' },
  '$@': { side: 'low', label: 'jis-x-0208' },
  '$(D': { side: 'low', label: 'jis-x-0212' },
  ')I': { side: 'high', label: 'shift_jis' },
  '$)C': { side: 'high', label: 'euc-kr' },
  '$)A': { side: 'high', label: 'gbk' },
  '-A': { side: 'high', label: 'latin1' },
  '-B': { side: 'high', label: 'iso-8859-2' },
  '-C': { side: 'high', label: 'iso-8859-3' },
  '-D': { side: 'high', label: 'iso-8859-4' },
  '-L': { side: 'high', label: 'iso-8859-5' },
  '-G': { side: 'high', label: 'iso-8859-6' },
  '-F': { side: 'high', label: 'iso-8859-7' },
  '-H': { side: 'high', label: 'iso-8859-8' },
  '-M': { side: 'high', label: 'iso-8859-9' },
  '-b': { side: 'high', label: 'iso-8859-15' },
  '-T': { side: 'high', label: 'tis-620' },
};

/** The first value of a set with code extensions names what stands before any escape sequence: `ISO 2022 IR 100` is ISO_IR 100. */
const initialLabel = (set: string) => WHOLE[set.replace('ISO 2022 IR', 'ISO_IR')] ?? 'latin1';

/**
 * Text of a DICOM file in the characters that its Specific Character Set (0008,0005) names; several sets switch by ISO 2022 escape sequences, and
 * are put back at the delimiters of values, lines and parts of names. Without a set bytes beyond ASCII are read as Latin-1.
 *
 * @param sets value of Specific Character Set, backslashes between several
 * @see DICOM PS3.5 6.1.2
 */
export function decodeText(bytes: Buffer, sets: string): string {
  const [first, ...more] = sets.split('\\').map((set) => set.trim());
  const label = initialLabel(first);
  if (!bytes.includes(0x1b) || (more.length === 0 && !first.startsWith('ISO 2022'))) return decodeWith(bytes, label);
  return piecesBetweenDelimiters(bytes)
    .map((piece) => decodeEscaped(piece, label))
    .join('');
}

/** Each piece begins with a delimiter, but the first. Bytes of a set of two bytes for the low half are no delimiters. */
function piecesBetweenDelimiters(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  let double = false;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0x1b) {
      const { escape } = escapeAt(bytes, at);
      if (escape?.side === 'low') double = escape.label.startsWith('jis');
    } else if (!double && [0x0a, 0x0c, 0x0d, 0x5c, 0x5e, 0x3d].includes(bytes[at])) {
      pieces.push(bytes.subarray(from, at));
      from = at;
    }
  }
  return [...pieces, bytes.subarray(from)];
}

function decodeEscaped(bytes: Buffer, initial: string): string {
  const now = { low: 'ascii', high: initial };
  let text = '';
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] === 0x1b) {
      const { escape, length } = escapeAt(bytes, at);
      if (escape) now[escape.side] = escape.label;
      at += length;
      continue;
    }
    const high = bytes[at] > 0x7f;
    let end = at;
    while (end < bytes.length && bytes[end] !== 0x1b && bytes[end] > 0x7f === high) end++;
    text += decodeWith(bytes.subarray(at, end), high ? now.high : now.low);
    at = end;
  }
  return text;
}

function escapeAt(bytes: Buffer, at: number): { escape?: (typeof ESCAPES)[string]; length: number } {
  for (const length of [2, 3]) {
    const name = bytes.toString('latin1', at + 1, at + 1 + length);
    if (Object.hasOwn(ESCAPES, name)) return { escape: ESCAPES[name], length: length + 1 };
  }
  return { length: 1 };
}

function decodeWith(bytes: Buffer, label: string): string {
  switch (label) {
    case 'ascii':
    case 'latin1':
      return bytes.toString('latin1');
    case 'jis-x-0208':
      return new TextDecoder('euc-jp').decode(bytes.map((byte) => byte | 0x80));
    case 'jis-x-0212':
      return new TextDecoder('euc-jp').decode(
        Buffer.from([...bytes].flatMap((byte, i) => (i % 2 ? [byte | 0x80] : [0x8f, byte | 0x80]))),
      );
    default:
      return new TextDecoder(label).decode(bytes);
  }
}
