import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);

/** Cost of one guess: 32 MB and some 80 ms. */
const LN = 15;
const R = 8;
const P = 1;
const BYTES = 32;

/** What is kept of a password: scrypt (RFC 7914) with a salt of its own, as `$scrypt$ln=15,r=8,p=1$salt$hash` (PHC string format). */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await scryptOf(password, salt, { ln: LN, r: R, p: P }, BYTES);
  return `$scrypt$ln=${LN},r=${R},p=${P}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

/** Takes the same time for any password. @throws Error when `kept` is not a hash of {@link hashPassword} */
export async function isPassword(password: string, kept: string): Promise<boolean> {
  const parts = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/=]+)\$([\w+/=]+)$/.exec(kept);
  if (!parts) throw new Error('expected $scrypt$ln=…,r=…,p=…$salt$hash');
  const [ln, r, p] = parts.slice(1, 4).map(Number);
  const hash = Buffer.from(parts[5], 'base64');
  return timingSafeEqual(await scryptOf(password, Buffer.from(parts[4], 'base64'), { ln, r, p }, hash.length), hash);
}

/** The same letters may be typed as one or two code points. */
function scryptOf(password: string, salt: Buffer, { ln, r, p }: Record<'ln' | 'r' | 'p', number>, bytes: number) {
  const N = 2 ** ln;
  return derive(password.normalize('NFC'), salt, bytes, { N, r, p, maxmem: 256 * N * r });
}
