import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What may become of any record on a disk. */
export const damages: Readonly<Record<string, (file: string) => void>> = {
  'is empty': (file) => writeFileSync(file, ''),
  'is cut in half': (file) => writeFileSync(file, halfOf(file)),
  'is zeros': (file) => writeFileSync(file, Buffer.alloc(512)),
  'is null': (file) => writeFileSync(file, 'null'),
  'is a list': (file) => writeFileSync(file, '[]'),
  'is a string': (file) => writeFileSync(file, '"1"'),
  'has fields of wrong types': (file) => writeFileSync(file, wrongTypes(file)),
  'is a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
    writeFileSync(join(file, 'inside'), 'somebody else');
  },
};

function halfOf(file: string): Buffer {
  const content = readFileSync(file);
  return content.subarray(0, content.length / 2);
}

/** Numbers become lists, everything else numbers. */
function wrongTypes(file: string): string {
  const record = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const wrong = Object.entries(record).map(([key, value]) => [key, typeof value === 'number' ? [value] : 7]);
  return JSON.stringify(Object.fromEntries(wrong));
}
