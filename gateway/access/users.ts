import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { link, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { hashOfToken } from './tokens';
import { HASH, readUsers, usersFile, writeUsers, type UserList } from './users-file';

export { usersFile } from './users-file';

/** As in AIAA: with `--aiaa_defaults`, until somebody sets a password. */
const DEFAULT = { user: 'admin', password: 'admin' };
const SHORTEST = 8;

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);
/** Of one guess: 32 MB and some 80 ms. */
const COST = { ln: 15, r: 8, p: 1 };
const HASH_BYTES = 32;

export interface UsersOptions {
  workspace: string;
  /** A user named on the command line, beside those of the file. */
  user?: string;
  password?: string;
  /** `admin`/`admin` passes while there is no other user. @default false */
  aiaaDefaults?: boolean;
  /** Told why the file cannot be read, each time it changed: nobody of it gets in then. */
  onDamage?: (reason: string) => void;
}

export type SentCredentials = { user: string; password: string };

/** Hash of the password by name of the user. */
type Hashes = ReadonlyMap<string, string>;

interface Known {
  /** Of the file. */
  version: string;
  hashes: Hashes;
  /** Hashes of access tokens; undefined where none was ever made. */
  tokens?: ReadonlySet<string>;
  isDefault: boolean;
  /** Why the file cannot be read. */
  damage?: string;
}

/** Operators, who pass where a password is asked for. */
export class Users {
  private readonly file: string;
  /** Passwords that were right since the file last changed, as digests under a key of this process: a page asks often, and scrypt is slow on purpose. */
  private readonly passed = new Set<string>();
  private readonly key = randomBytes(32);
  /** Compared with where the user is unknown. */
  private readonly nobody = phc(randomBytes(16), randomBytes(HASH_BYTES));
  private known: Known | undefined;

  constructor(private readonly options: UsersOptions) {
    this.file = usersFile(options.workspace);
  }

  /** Whether everybody who read AIAA's manual knows the password. */
  async isDefault(): Promise<boolean> {
    return (await this.current()).isDefault;
  }

  /** Why nobody of the file gets in, where it cannot be read. */
  async damage(): Promise<string | undefined> {
    return (await this.current()).damage;
  }

  /** Whether the same credentials were right before, which costs nothing to find out. */
  async remembers(sent: SentCredentials): Promise<boolean> {
    await this.current();
    return this.passed.has(this.digest(sent));
  }

  /** Whether they are right; some 80 ms, the same for an unknown user as for a wrong password. */
  async has(sent: SentCredentials): Promise<boolean> {
    const { hashes } = await this.current();
    const kept = hashes.get(sent.user);
    const right = await isPassword(sent.password, kept ?? this.nobody);
    if (!right || kept === undefined) return false;
    if (hashes === this.known?.hashes) this.passed.add(this.digest(sent));
    return true;
  }

  /**
   * The hash of an access token that was made here; undefined where no token is asked for, since none was ever made.
   * @param sent as it came with the request @returns null for one that is missing, unknown or revoked
   */
  async tokenHash(sent: string | undefined): Promise<string | null | undefined> {
    const { tokens } = await this.current();
    if (!tokens) return undefined;
    const hash = hashOfToken(sent ?? '');
    return tokens.has(hash) ? hash : null;
  }

  private digest({ user, password }: SentCredentials): string {
    const sent = JSON.stringify([user, password]);
    return createHmac('sha256', this.key).update(sent).digest('base64');
  }

  /** Read again when the file changed, so that a password that was set counts at once. */
  private async current(): Promise<Known> {
    const about = await stat(this.file).catch(() => undefined);
    const version = about ? `${about.ino} ${about.mtimeMs} ${about.size}` : 'none';
    if (this.known?.version === version) return this.known;
    const { user, password } = this.options;
    let damage: string | undefined;
    const listed = await readUsers(this.options.workspace).catch((error: Error): UserList => {
      damage = error.message;
      this.options.onDamage?.(damage);
      // Nobody of it gets in.
      return { users: {}, tokens: {} };
    });
    const hashes = new Map(Object.entries(listed.users));
    const tokens = listed.tokens && new Set(Object.values(listed.tokens));
    if (user !== undefined && password !== undefined) hashes.set(user, await hashPassword(password));
    const isDefault = !damage && hashes.size === 0 && this.options.aiaaDefaults === true;
    if (isDefault) hashes.set(DEFAULT.user, await hashPassword(DEFAULT.password));
    this.passed.clear();
    this.known = { version, hashes, tokens, isDefault, damage };
    return this.known;
  }
}

/**
 * Gives a user a password; a running server knows it at once.
 * @throws Error with a sentence when the name or the password cannot be used
 */
export async function setPassword(workspace: string, user: string, password: string): Promise<void> {
  if (!/^[^\s:"\\][^:"\\]{0,63}$/.test(user))
    throw new Error(
      `the user "${user}" is not allowed: expected 1 to 64 characters without ":", quotes and backslashes`,
    );
  const length = [...password].length;
  if (length < SHORTEST) throw new Error(`the password has ${length} characters: expected at least ${SHORTEST}`);
  const { users, ...others } = await readUsers(workspace);
  await writeUsers(workspace, { ...others, users: { ...users, [user]: await hashPassword(password) } });
}

/**
 * Makes the user `admin` with a password of 20 characters (120 bits) where the workspace has no file of users; only its hash is kept.
 * @returns the password, for its one showing; undefined where there are users, or another gateway makes them
 */
export async function makeFirstUser(workspace: string): Promise<string | undefined> {
  if (await stat(usersFile(workspace)).catch(() => undefined)) return undefined;
  const password = randomBytes(15).toString('base64url');
  try {
    // A link never replaces what is there.
    await writeUsers(workspace, { users: { [DEFAULT.user]: await hashPassword(password) } }, link);
    return password;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

/** The stored form of a password: scrypt (RFC 7914) with a salt of its own, as `$scrypt$ln=15,r=8,p=1$salt$hash` (PHC string format). */
async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return phc(salt, await scryptOf(password, salt, COST, HASH_BYTES));
}

const phc = (salt: Buffer, hash: Buffer) =>
  `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${salt.toString('base64')}$${hash.toString('base64')}`;

/** Takes the same time for any password. @param kept a hash of {@link hashPassword} */
async function isPassword(password: string, kept: string): Promise<boolean> {
  const parts = HASH.exec(kept)!;
  const [ln, r, p] = parts.slice(1, 4).map(Number);
  const hash = Buffer.from(parts[5], 'base64');
  return timingSafeEqual(await scryptOf(password, Buffer.from(parts[4], 'base64'), { ln, r, p }, hash.length), hash);
}

/** The same letters may be typed as one or two code points. */
function scryptOf(password: string, salt: Buffer, { ln, r, p }: typeof COST, bytes: number) {
  const N = 2 ** ln;
  return derive(password.normalize('NFC'), salt, bytes, { N, r, p, maxmem: 256 * N * r });
}
