import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors';
import { decodeText } from '../text';

/** A stored password (PHC string format): cost, salt and hash. */
export const HASH = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/=]+)\$([\w+/=]+)$/;

const userList = z.object({
  /** Stored passwords by name of the user. */
  users: z.record(z.string(), z.string().regex(HASH)),
  /** SHA-256 of access tokens by their names; absent until the first one is made. */
  tokens: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)).optional(),
});
export type UserList = z.output<typeof userList>;

/** The file that keeps the users of a workspace, readable for the server's own user only. */
export function usersFile(workspace: string): string {
  return join(workspace, 'users.json');
}

/** Either the old or the new list is there after a crash. */
export async function writeUsers(
  workspace: string,
  list: UserList,
  put: (from: string, to: string) => Promise<void> = rename,
): Promise<void> {
  const file = usersFile(workspace);
  await mkdir(dirname(file), { recursive: true });
  const fresh = `${file}.${randomUUID()}`;
  try {
    await writeFile(fresh, `${JSON.stringify(list, undefined, 2)}\n`, { flag: 'wx', mode: 0o600, flush: true });
    await put(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** A missing file has no users. @throws Error when it cannot be read */
export async function readUsers(workspace: string): Promise<UserList> {
  const file = usersFile(workspace);
  let text: string;
  try {
    text = decodeText(await readFile(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { users: {} };
    throw new Error(messageOf(error), { cause: error });
  }
  try {
    return userList.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(
      `${basename(file)} of the workspace is not a list of users; remove it and set the passwords again`,
      { cause: error },
    );
  }
}
