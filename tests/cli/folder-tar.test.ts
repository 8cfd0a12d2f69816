import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { folderAsTar } from '../../gateway/cli/form-body';

const collect = async (chunks: AsyncIterable<Uint8Array>) => {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
};

const packed = async (folder: string) => {
  const { bytes, chunks } = await folderAsTar(folder);
  const archive = Buffer.concat(await collect(chunks()));
  expect(archive.length).toBe(bytes);
  return archive;
};

test('tar unpacks what was packed: long paths, letters beyond ASCII, empty files, sizes around a block', async () => {
  const folder = path.join(temporaryFolder(), 'model');
  const names = {
    'config/config_aiaa.json': '{}',
    [`models/${'a-folder-with-a-long-name'.repeat(6)}/${'and-a-file'.repeat(12)}.txt`]: 'x'.repeat(512),
    'models/größe.onnx': 'x'.repeat(513),
    empty: '',
  };
  for (const [name, text] of Object.entries({ ...names, '.git/HEAD': 'left out' })) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  const out = temporaryFolder();
  execFileSync('tar', ['-x', '-C', out], { input: await packed(folder) });
  for (const [name, text] of Object.entries(names)) expect(readFileSync(path.join(out, name), 'utf8')).toBe(text);
  expect(() => readFileSync(path.join(out, '.git/HEAD'))).toThrow('ENOENT');
});

test('a file that becomes shorter while it is sent ends the upload', async () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'a'), 'x'.repeat(600));
  const { chunks } = await folderAsTar(folder);
  writeFileSync(path.join(folder, 'a'), 'x');
  await expect(collect(chunks())).rejects.toThrow('/a changed while it was sent');
});

test('no folder, no files', async () => {
  await expect(folderAsTar('/nowhere')).rejects.toThrow('/nowhere is not a folder');
  await expect(folderAsTar(temporaryFolder())).rejects.toThrow('has no files');
});
