/** Most characters, not bytes, of a text (PS3.5 6.2). */
const LONGEST = { SH: 16, LO: 64, ST: 1024 } as const;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * A text as one value of `vr`, cut between graphemes. In a string, line ends and control characters become a space, and the backslash, which would separate
 * two values, a slash; a short text (ST) keeps lines and backslashes.
 */
export function textValue(text: string, vr: keyof typeof LONGEST): string {
  const clean = vr === 'ST' ? lines(text) : oneLine(text).replaceAll('\\', '/');
  return cut(clean.trim(), LONGEST[vr]).trimEnd();
}

/** A code string: at most 16 capital letters, digits, spaces and underscores; empty when nothing of the text is left. */
export function codeString(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase();
  return plain.replace(/[^A-Z0-9]+/g, '_').replace(/^_+/, '').slice(0, 16).replace(/_+$/, '');
} // prettier-ignore

/** A number as a decimal string: at most 16 characters, with as many digits as fit. */
export function decimalString(value: number): string {
  const exact = String(value === 0 ? 0 : value);
  if (exact.length <= 16) return exact;
  for (let digits = 15; ; digits--) {
    const rounded = value.toPrecision(digits);
    const text = [String(Number(rounded)), rounded].find(({ length }) => length <= 16);
    if (text) return text;
  }
}

const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

const lines = (text: string) =>
  text
    .replace(/\r\n?|[\n\u0085\u2028\u2029]/g, '\n')
    .replace(/[^\P{Cc}\n]+/gu, ' ')
    .replaceAll('\n', '\r\n');

function cut(text: string, most: number): string {
  let kept = '';
  let characters = 0;
  for (const { segment } of graphemes.segment(text)) {
    characters += [...segment].length;
    if (characters > most) break;
    kept += segment;
  }
  return kept;
}
