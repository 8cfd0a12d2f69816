/** A word, number, text or sign of protobuf's text format, and where it stands (both from 1). */
export interface Token {
  kind: 'word' | 'number' | 'text' | 'sign' | 'end';
  /** Texts without quotes and escapes. */
  value: string;
  line: number;
  column: number;
}

export class ConfigTextError extends Error {
  override readonly name = 'ConfigTextError';

  constructor({ line, column }: Pick<Token, 'line' | 'column'>, what: string) {
    super(`line ${line}, column ${column}: ${what}`);
  }
}

const PATTERN =
  /([ \t\r\n\f\v]+|#[^\n]*)|([A-Za-z_][\w.]*)|([-+]?(?:0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?))|("(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')|([{}<>[\]:,;-])/y;

/**
 * Splits a config.pbtxt (protobuf text format: protobuf.dev, "Text Format Language Specification") into tokens; neighbouring texts are one.
 * @throws ConfigTextError
 */
export function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(PATTERN);
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < source.length; at = pattern.lastIndex) {
    const place = { line, column: at - lineStart + 1 };
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (!match) throw new ConfigTextError(place, strayText(source.slice(at)));
    const [all, blank, word, number, text, sign] = match;
    if (blank === undefined) {
      const before = tokens.at(-1);
      if (text !== undefined && before?.kind === 'text') before.value += unescaped(text, place);
      else if (text !== undefined) tokens.push({ kind: 'text', value: unescaped(text, place), ...place });
      else if (word !== undefined) tokens.push({ kind: 'word', value: word, ...place });
      else if (number !== undefined) tokens.push({ kind: 'number', value: number, ...place });
      else tokens.push({ kind: 'sign', value: sign, ...place });
    }
    for (let index = all.indexOf('\n'); index >= 0; index = all.indexOf('\n', index + 1)) {
      line++;
      lineStart = at + index + 1;
    }
  }
  tokens.push({ kind: 'end', value: 'the end', line, column: source.length - lineStart + 1 });
  return tokens;
}

const strayText = (rest: string) =>
  /^["']/.test(rest) ? 'a text that is not closed on its line' : `${JSON.stringify(rest[0])} does not belong here`;

// prettier-ignore
const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', "'": "'", '"': '"', '?': '?' };

/** Escapes stand for bytes, and the bytes together for UTF-8. */
function unescaped(quoted: string, place: Pick<Token, 'line' | 'column'>): string {
  const inner = quoted.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  const parts: Buffer[] = [];
  const pattern = /\\(?:([0-7]{1,3})|[xX]([\da-fA-F]{1,2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]))|[^\\]+/y;
  for (const [all, octal, hex, short, long, letter] of inner.matchAll(new RegExp(pattern, 'gy'))) {
    if (octal ?? hex) parts.push(Buffer.of(parseInt(octal ?? hex, octal ? 8 : 16) & 0xff));
    else if (short ?? long) parts.push(Buffer.from(codePoint(parseInt(short ?? long, 16), place)));
    else if (letter !== undefined) {
      if (!(letter in escapes))
        throw new ConfigTextError(place, `"\\${letter}" is no escape of protobuf's text format`);
      parts.push(Buffer.from(escapes[letter]));
    } else parts.push(Buffer.from(all));
  }
  return Buffer.concat(parts).toString('utf8');
}

function codePoint(code: number, place: Pick<Token, 'line' | 'column'>): string {
  if (code > 0x10ffff) throw new ConfigTextError(place, `U+${code.toString(16)} is no character`);
  return String.fromCodePoint(code);
}
