/** A checksum that a server sent along with a file. */
export interface Digest {
  algorithm: 'sha256' | 'md5';
  hex: string;
}

/** Checksums in the headers of a whole file: `Content-MD5`, `Digest` (RFC 3230), `Repr-Digest` (RFC 9530), and the ones of S3. */
export function digestsIn(headers: Headers): Digest[] {
  const found: Digest[] = [];
  const add = (algorithm: Digest['algorithm'], base64: string | null | undefined) => {
    if (base64) found.push({ algorithm, hex: Buffer.from(base64, 'base64').toString('hex') });
  };
  add('md5', headers.get('content-md5'));
  add('sha256', headers.get('x-amz-checksum-sha256'));
  for (const entry of (headers.get('digest') ?? '').split(',')) {
    const [, name, value] = /^\s*(sha-256|md5)=(\S+)\s*$/i.exec(entry) ?? [];
    if (name) add(name.toLowerCase() === 'md5' ? 'md5' : 'sha256', value);
  }
  add('sha256', /sha-256=:([^:]+):/i.exec(headers.get('repr-digest') ?? '')?.[1]);
  const lengths = { md5: 32, sha256: 64 };
  return found.filter(({ algorithm, hex }) => hex.length === lengths[algorithm]);
}
