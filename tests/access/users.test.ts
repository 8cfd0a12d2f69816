import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readUsers, setPassword, Users, usersFile } from '../../gateway/access/users';

let workspace: string;
beforeEach(() => (workspace = mkdtempSync(path.join(tmpdir(), 'users-'))));
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

test('passwords are kept as scrypt hashes with a salt each, for the own user only', async () => {
  await setPassword(workspace, 'ann', 'the same one');
  await setPassword(workspace, 'bob', 'the same one');
  const file = usersFile(workspace);
  expect(readFileSync(file, 'utf8')).not.toContain('the same one');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(workspace)).toEqual(['users.json']);
  const hashes = [...(await readUsers(file)).values()];
  expect(hashes).toEqual(Array(2).fill(expect.stringMatching(/^\$scrypt\$ln=15,r=8,p=1\$[\w+/=]{24}\$[\w+/=]{44}$/)));
  expect(hashes[0]).not.toBe(hashes[1]);
});

test.each([
  ['', 'long enough', 'the user "" is not allowed'],
  ['a:b', 'long enough', 'the user "a:b" is not allowed'],
  ['ann', 'short', 'the password has 5 characters: expected at least 8'],
])('user "%s" with "%s" is refused', async (user, password, sentence) => {
  await expect(setPassword(workspace, user, password)).rejects.toThrow(sentence);
});

test('a damaged file is said to be damaged, and lets nobody in', async () => {
  writeFileSync(usersFile(workspace), '{"users"');
  await expect(new Users({ workspace }).has({ user: 'admin', password: 'admin' })).rejects.toThrow(
    /users\.json is not a list of users; remove it and set the passwords again/,
  );
});
