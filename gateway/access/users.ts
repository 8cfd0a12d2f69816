import { createHmac, randomBytes } from 'node:crypto';
import { hashPassword, isPassword } from './password-hash';
import { readUsers, usersFile, versionOf, type Hashes } from './users-file';

/** As in AIAA, until somebody sets a password. */
const DEFAULT = { user: 'admin', password: 'admin' };

export interface UsersOptions {
  workspace: string;
  /** A user named on the command line, beside those of the file. */
  user?: string;
  password?: string;
}

/** What somebody sent who wants to enter. */
export interface SentCredentials {
  user: string;
  password: string;
}

/** Who may see the dashboard, and change models where /admin asks for a password. */
export class Users {
  private readonly file: string;
  /** What passed since the file last changed, as digests under a key of this process: a page asks often, and scrypt is slow on purpose. */
  private readonly passed = new Set<string>();
  private readonly key = randomBytes(32);
  private known: { version: string; hashes: Hashes; isDefault: boolean } | undefined;

  constructor(private readonly options: UsersOptions) {
    this.file = usersFile(options.workspace);
  }

  /** Whether everybody who read AIAA's manual knows the password. */
  async isDefault(): Promise<boolean> {
    return (await this.current()).isDefault;
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
    const right = await isPassword(sent.password, kept ?? [...hashes.values()][0]);
    if (!right || kept === undefined) return false;
    if (hashes === this.known?.hashes) this.passed.add(this.digest(sent));
    return true;
  }

  private digest({ user, password }: SentCredentials): string {
    return createHmac('sha256', this.key)
      .update(JSON.stringify([user, password]))
      .digest('base64');
  }

  /** Read again when the file changed, so that a password that was set counts at once. */
  private async current(): Promise<{ hashes: Hashes; isDefault: boolean }> {
    const version = await versionOf(this.file);
    if (this.known?.version === version) return this.known;
    const { user, password } = this.options;
    const hashes = new Map(await readUsers(this.file));
    if (user !== undefined && password !== undefined) hashes.set(user, await hashPassword(password));
    const isDefault = hashes.size === 0;
    if (isDefault) hashes.set(DEFAULT.user, await hashPassword(DEFAULT.password));
    this.passed.clear();
    this.known = { version, hashes, isDefault };
    return this.known;
  }
}
