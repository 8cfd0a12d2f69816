import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeToken, revokeToken, tokenNames } from '../../gateway/access/tokens';
import { makeFirstUser, setPassword, Users, usersFile } from '../../gateway/access/users';

let workspace: string;
let users: Users;
beforeEach(async () => {
  workspace = mkdtempSync(path.join(tmpdir(), 'tokens-'));
  users = new Users({ workspace });
  await makeFirstUser(workspace);
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

test('nobody is asked for a token until one is made; then a running server asks for it at once', async () => {
  expect(await users.tokenHash('whatever')).toBeUndefined();
  const token = await makeToken(workspace, 'ward.3');
  expect(await users.tokenHash(token)).toMatch(/^[0-9a-f]{64}$/);
  expect(await users.tokenHash(undefined)).toBeNull();
  expect(await users.tokenHash(`${token}x`)).toBeNull();
  expect(readFileSync(usersFile(workspace), 'utf8')).not.toContain(token);
  expect(await tokenNames(workspace)).toEqual(['ward.3']);
});

test('with the last token gone nobody gets in', async () => {
  const token = await makeToken(workspace, 'a');
  expect(await revokeToken(workspace, 'a')).toBe(0);
  expect(await users.tokenHash(token)).toBeNull();
  await expect(revokeToken(workspace, 'a')).rejects.toThrow('there is no token "a"');
});

test('tokens and passwords leave each other alone', async () => {
  const token = await makeToken(workspace, 'a');
  await setPassword(workspace, 'admin', 'a long secret');
  expect(await users.tokenHash(token)).not.toBeNull();
  expect(await users.has({ user: 'admin', password: 'a long secret' })).toBe(true);
  await makeToken(workspace, 'b');
  expect(await users.has({ user: 'admin', password: 'a long secret' })).toBe(true);
});

test.each([
  ['a', 'there is a token "a" already'],
  ['with space', 'is not allowed'],
  ['', 'is not allowed'],
])('the name %j is refused', async (name, why) => {
  await makeToken(workspace, 'a');
  await expect(makeToken(workspace, name)).rejects.toThrow(why);
});

test('without an operator there is no token: its file would keep the first start from making one', async () => {
  rmSync(usersFile(workspace));
  await expect(makeToken(workspace, 'a')).rejects.toThrow('there is no operator yet');
});
