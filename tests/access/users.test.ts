import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setPassword, Users, usersFile } from '../../gateway/access/users';
import { readUsers } from '../../gateway/access/users-file';

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
  const hashes = Object.values((await readUsers(workspace)).users);
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

test.each(['', '{"users"', '{}', 'null', '\0\0', '{"users":{"admin":"admin"}}', '{"users":{"admin":1}}'])(
  'a damaged file (%j) is said to be damaged, and lets nobody of it in; the user of the command line stays',
  async (text) => {
    writeFileSync(usersFile(workspace), text);
    const onDamage = jest.fn();
    const users = new Users({ workspace, user: 'root', password: 'of the flag', aiaaDefaults: true, onDamage });
    expect(await users.has({ user: 'admin', password: 'admin' })).toBe(false);
    expect(await users.has({ user: 'root', password: 'of the flag' })).toBe(true);
    expect(await new Users({ workspace, aiaaDefaults: true }).has({ user: 'admin', password: 'admin' })).toBe(false);
    const sentence = /users\.json of the workspace is not a list of users; remove it and set the passwords again/;
    expect(onDamage.mock.calls).toEqual([[expect.stringMatching(sentence)]]);
    await expect(setPassword(workspace, 'ann', 'long enough')).rejects.toThrow(sentence);
    expect(readFileSync(usersFile(workspace), 'utf8')).toBe(text);
  },
);
