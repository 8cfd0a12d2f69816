/** Numbers of the terms `ISO_IR n` (PS3.3 C.12.1.1.2), labels of the Encoding Standard, and escape sequences (without ESC) for bytes above 127. */
const SETS: readonly (readonly [number: string, label: string, escape?: string])[] = [
  ['100', 'latin1', '-A'],
  ['101', 'iso-8859-2', '-B'],
  ['109', 'iso-8859-3', '-C'],
  ['110', 'iso-8859-4', '-D'],
  ['144', 'iso-8859-5', '-L'],
  ['127', 'iso-8859-6', '-G'],
  ['126', 'iso-8859-7', '-F'],
  ['138', 'iso-8859-8', '-H'],
  ['148', 'iso-8859-9', '-M'],
  ['203', 'iso-8859-15', '-b'],
  ['166', 'tis-620', '-T'],
  ['13', 'shift_jis', ')I'],
  ['192', 'utf-8'],
];

/** All sets by their defined term; those of several bytes need no escape sequences. */
const WHOLE = new Map<string, string>([
  ...SETS.map(([number, label]) => [`ISO_IR ${number}`, label] as const),
  ...(['GB18030', 'GBK'] as const).map((term) => [term, term.toLowerCase()] as const),
]);

type Escape = readonly [side: 'low' | 'high', label: string];

/** The character set that an escape sequence puts in place: for bytes below 128 (`low`), or for those above. */
const ESCAPES = new Map<string, Escape>([
  ...['(B', '(J'].map((name): [string, Escape] => [name, ['low', 'ascii']]),
  ...['$B', '$@'].map((name): [string, Escape] => [name, ['low', 'jis-x-0208']]),
  ['$(D', ['low', 'jis-x-0212']],
  ['$)C', ['high', 'euc-kr']],
  ['$)A', ['high', 'gbk']],
  ...SETS.flatMap(([, label, name]): [string, Escape][] => (name ? [[name, ['high', label]]] : [])),
]);

/** Text of a DICOM file; several sets switch by ISO 2022 escapes up to delimiters. @param sets Specific Character Set @see DICOM PS3.5 6.1.2 */
export function decodeText(bytes: Buffer, sets: string): string {
  const [first, ...more] = sets.split('\\').map((set) => set.trim());
  // The first value names what stands before any escape sequence: `ISO 2022 IR 100` is ISO_IR 100.
  const label = WHOLE.get(first.replace('ISO 2022 IR', 'ISO_IR')) ?? 'latin1';
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
      const [side, label] = escapeAt(bytes, at).escape ?? [];
      if (side === 'low') double = label!.startsWith('jis');
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
      if (escape) now[escape[0]] = escape[1];
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

function escapeAt(bytes: Buffer, at: number): { escape?: Escape; length: number } {
  for (const length of [2, 3]) {
    const escape = ESCAPES.get(bytes.toString('latin1', at + 1, at + 1 + length));
    if (escape) return { escape, length: length + 1 };
  }
  return { length: 1 };
}

function decodeWith(bytes: Buffer, label: string): string {
  if (label === 'ascii' || label === 'latin1') return bytes.toString('latin1');
  if (!label.startsWith('jis')) return new TextDecoder(label).decode(bytes);
  const shift = label === 'jis-x-0212' ? [0x8f] : [];
  const euc = [...bytes].flatMap((byte, i) => [...(i % 2 ? [] : shift), byte | 0x80]);
  return new TextDecoder('euc-jp').decode(Buffer.from(euc));
}
