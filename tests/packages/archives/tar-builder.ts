export interface TarPart {
  name: string;
  content?: Uint8Array | string;
  /** The type flag. @default '0', a file */
  type?: string;
  link?: string;
  claims?: { bytes?: number; size?: string; checksum?: number };
}

/** A ustar archive, byte by byte as its parts say. */
export function tarOfParts(parts: readonly TarPart[], { withEnd = true } = {}): Buffer {
  const blocks = parts.flatMap(({ name, content = '', type = '0', link = '', claims = {} }) => {
    const data = Buffer.from(content as Uint8Array);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100, 'utf8');
    header.write('0000644\0', 100);
    header.write(claims.size ?? `${(claims.bytes ?? data.length).toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1');
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156, 1, 'latin1');
    header.write(link, 157, 100, 'utf8');
    header.write('ustar\x0000', 257, 'latin1');
    const sum = claims.checksum ?? header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(withEnd ? 1024 : 0)]);
}

export const tarOf = (files: Record<string, string | Uint8Array>): Buffer =>
  tarOfParts(Object.entries(files).map(([name, content]) => ({ name, content })));

/** The content of an extended header with one record. */
export function pax(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}
