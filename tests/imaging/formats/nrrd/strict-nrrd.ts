import { gunzipSync } from 'node:zlib';

/** What a browser viewer gets out of an NRRD file. */
export interface BrowserNrrd {
  fields: Record<string, string>;
  sizes: number[];
  directions: number[][];
  origin: number[];
  data: Uint8Array | Uint16Array | Int16Array | Float32Array;
}

const arrays: Record<string, new (buffer: ArrayBuffer) => BrowserNrrd['data']> = {
  'unsigned char': Uint8Array,
  'unsigned short': Uint16Array,
  short: Int16Array,
  float: Float32Array,
};

/** Reads NRRD as narrowly as the viewers' parsers: a header that one of them cannot read is an error here. */
export function readStrictNrrd(file: Buffer): BrowserNrrd {
  const end = file.indexOf('\n\n');
  const lines = file.toString('latin1', 0, end).split('\n');
  if (!/^NRRD000[1-5]$/.test(lines[0])) throw new Error(`magic ${lines[0]}`);
  const fields: Record<string, string> = {};
  for (const line of lines.slice(1)) {
    const match = /^([a-z ]+): (\S.*)$/.exec(line);
    if (!match || /["\r]|:=/.test(line)) throw new Error(`line ${JSON.stringify(line)}`);
    fields[match[1]] = match[2];
  }
  const vectors = fields['space directions'].split(' ').map(vector);
  const sizes = fields.sizes.split(' ').map(Number);
  if (Number(fields.dimension) !== sizes.length || vectors.length !== sizes.length) throw new Error('dimensions');
  if (fields.endian !== 'little') throw new Error('endian');
  const body = file.subarray(end + 2);
  const raw = fields.encoding === 'gzip' ? gunzipSync(body) : body;
  const data = new arrays[fields.type](new Uint8Array(raw).buffer);
  if (data.length !== sizes.reduce((a, b) => a * b)) throw new Error('length');
  return { fields, sizes, directions: vectors, origin: vector(fields['space origin']), data };
}

function vector(text: string): number[] {
  if (!/^\([^() ]+\)$/.test(text)) throw new Error(`vector ${text}`);
  const numbers = text.slice(1, -1).split(',').map(Number);
  if (numbers.length !== 3 || numbers.some(Number.isNaN)) throw new Error(`vector ${text}`);
  return numbers;
}
