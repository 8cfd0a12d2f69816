import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashPassword } from './password-hash';
import { decodeText } from '../text';

const SHORTEST = 8;

/** Users of one workspace: name → hash of the password. */
export type Hashes = ReadonlyMap<string, string>;

/** Where the users of a workspace are kept, readable for the server's own user only. */
export function usersFile(workspace: string): string {
  return join(workspace, 'users.json');
}

/**
 * Gives a user a password; a running server knows it at once.
 * @throws Error with a sentence when the name or the password is not one to use
 */
export async function setPassword(workspace: string, user: string, password: string): Promise<void> {
  if (!/^[^\s:"\\][^:"\\]{0,63}$/.test(user))
    throw new Error(
      `the user "${user}" is not allowed: expected 1 to 64 characters without ":", quotes and backslashes`,
    );
  const length = [...password].length;
  if (length < SHORTEST) throw new Error(`the password has ${length} characters: expected at least ${SHORTEST}`);
  const file = usersFile(workspace);
  const users = Object.fromEntries(await readUsers(file));
  await writeUsers(file, { ...users, [user]: await hashPassword(password) });
}

/** A file that is not there has no users. @throws Error when it cannot be read, with its path */
export async function readUsers(file: string): Promise<Hashes> {
  let text: string;
  try {
    text = decodeText(await readFile(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw new Error(`the users cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    const { users } = JSON.parse(text) as { users: Record<string, string> };
    return new Map(Object.entries(users));
  } catch (error) {
    throw new Error(`${file} is no list of users; remove it and set the passwords again`, { cause: error });
  }
}

/** Changes when the file does; a missing file has one too. */
export async function versionOf(file: string): Promise<string> {
  const about = await stat(file).catch(() => undefined);
  return about ? `${about.ino} ${about.mtimeMs} ${about.size}` : 'none';
}

/** Either the old or the new users are there after a crash. */
async function writeUsers(file: string, users: Record<string, string>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const fresh = `${file}.${randomUUID()}`;
  try {
    const written = await open(fresh, 'wx', 0o600);
    await written.writeFile(`${JSON.stringify({ users }, undefined, 2)}\n`);
    await written.sync();
    await written.close();
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}
