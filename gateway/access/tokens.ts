import { createHash, randomBytes } from 'node:crypto';
import { readUsers, writeUsers } from './users-file';

/** Its 256 bits cannot be guessed: a slow hash would add nothing. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * Makes an access token for the clients of one user; a running server knows it at once. Only its hash is kept.
 * @returns the token, for its one showing @throws Error with a sentence when the name cannot be used, or there are no users yet
 */
export async function makeToken(workspace: string, name: string): Promise<string> {
  if (!/^[\w.@-]{1,64}$/.test(name))
    throw new Error(`the name "${name}" is not allowed: expected 1 to 64 letters, digits, ".", "_", "@" or "-"`);
  const { users, tokens = {} } = await readUsers(workspace);
  if (Object.hasOwn(tokens, name)) throw new Error(`there is a token "${name}" already: revoke it first`);
  // The first start makes the first operator where there is no list.
  if (Object.keys(users).length === 0)
    throw new Error('there is no operator yet: start the server once, or set a password with npm run password');
  const token = randomBytes(32).toString('base64url');
  await writeUsers(workspace, { users, tokens: { ...tokens, [name]: hashOfToken(token) } });
  return token;
}

/** The names of all tokens; undefined where none is asked for. */
export async function tokenNames(workspace: string): Promise<string[] | undefined> {
  const { tokens } = await readUsers(workspace);
  return tokens && Object.keys(tokens).sort();
}

/** @returns how many are left: without one nobody gets in @throws Error for a name that there is not */
export async function revokeToken(workspace: string, name: string): Promise<number> {
  const { users, tokens = {} } = await readUsers(workspace);
  if (!Object.hasOwn(tokens, name)) throw new Error(`there is no token "${name}"`);
  const left = Object.fromEntries(Object.entries(tokens).filter(([other]) => other !== name));
  await writeUsers(workspace, { users, tokens: left });
  return Object.keys(left).length;
}
