/** The header block of one part, as far as it matters here. */
export interface PartHeader {
  /** Form field; empty when the part has no name. */
  field: string;
  /** True when the part holds a file. */
  isFile: boolean;
  /** Its content is text that goes to the disk as a file does. */
  isSpooled?: boolean;
  /** The client's own name of the file, as it was sent; undefined when the part has none. */
  fileName?: string;
}

/**
 * Reads a header block the way AIAA's clients write it: file names with `"`, `\`, `;` and UTF-8 unescaped.
 * So a file name runs to the last quote of its line. A part is a file when it has a file name or is an octet stream; `params` never is.
 */
export function parsePartHeader(block: Buffer): PartHeader {
  const lines = decode(block)
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/);
  const valueOf = (name: string) =>
    lines.find((line) => line.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1) ?? '';
  const disposition = valueOf('content-disposition');
  const fileName = fileNameIn(disposition);
  const field = fieldIn(disposition);
  const isOctets = /octet-stream/i.test(valueOf('content-type'));
  return { field, isFile: field !== 'params' && (fileName !== undefined || isOctets), fileName };
}

function decode(block: Buffer): string {
  const text = block.toString('utf8');
  return text.includes('\ufffd') ? block.toString('latin1') : text;
}

const FILE_NAME = /;\s*filename\*?=/i;

function fieldIn(disposition: string): string {
  const file = FILE_NAME.exec(disposition);
  // A file name may hold `; name=`: what stands before it counts first.
  const places = file
    ? [disposition.slice(0, file.index), disposition.slice(disposition.lastIndexOf(';'))]
    : [disposition];
  for (const place of places) {
    const match = /;\s*name=(?:"([^"]*)"|([^;\s"]*))/i.exec(place);
    if (match) return match[1] ?? match[2];
  }
  return '';
}

function fileNameIn(disposition: string): string | undefined {
  const encoded = /;\s*filename\*=(?:[\w-]*)'[\w-]*'([^;\s]+)/i.exec(disposition)?.[1];
  if (encoded !== undefined) return percentDecoded(encoded);
  // From the first place on: where that has no end, no later one has, and looking at each would take time without measure.
  const start = disposition.search(/;\s*filename="/i);
  const quoted = start < 0 ? undefined : /^;\s*filename="(.*)"\s*(?:;[^"]*)?$/i.exec(disposition.slice(start))?.[1];
  if (quoted !== undefined) return quoted.replace(/";\s*(?:name|size)="?[^"]*$/i, '');
  return /;\s*filename=([^;]*)/i.exec(disposition)?.[1].replace(/^"/, '').trim();
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const MAX_NAME = 200;

/** The last part of a path of any system, without control characters: clients send the path as the user gave it. */
export function baseName(name: string): string {
  // oxlint-disable-next-line no-control-regex
  const base = name.replace(/^.*[\\/]/s, '').replace(/[\u0000-\u001f\u007f"]/g, '');
  return base.slice(-MAX_NAME) || 'upload';
}
