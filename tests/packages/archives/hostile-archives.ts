import { gzipSync } from 'node:zlib';
import { zipOfParts, type ZipPart } from '../zip-builder';
import { pax, tarOfParts, type TarPart } from './tar-builder';

/** An archive that does harm to a careless reader. */
export interface HostileArchive {
  what: string;
  bytes: Buffer;
  /** Noise, which by chance may be a good archive still. */
  mayBeTaken?: boolean;
}

/** Numbers in [0, 1) from a seed (Park and Miller's minimal standard), so that a failing archive can be made again. */
export function numbersFrom(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)];

const CONFIG = 'config/config_aiaa.json';
const good = (random: Random) => [
  { name: CONFIG, content: '{"version": "2"}' },
  { name: 'models/model.onnx', content: Buffer.alloc(200 + Math.floor(random() * 2000), 7) },
  { name: 'docs/Readme.md', content: 'hello' },
];

/** Names that lead elsewhere, or that two systems read differently. */
const names = (random: Random): string => {
  const up = '../../models/packages'.repeat(1 + Math.floor(random() * 6));
  return pick(random, [
    `${up}evil`,
    `models/${up}${up}evil`,
    `/tmp/evil-${Math.floor(random() * 1e9)}`,
    `//server/evil`,
    `C:\\evil`,
    `c:evil`,
    `..\\..\\evil`,
    `models\\..\\..\\evil`,
    `\\evil`,
    `models/a\nb`,
    `models/\x1b[2Jevil`,
    `models/\x7f`,
    `${'a'.repeat(300)}`,
    `${'long/'.repeat(200)}x`,
    `${'d/'.repeat(17 + Math.floor(random() * 20))}x`,
    `CONFIG/config_aiaa.json`,
    `Models/MODEL.onnx`,
    `models/model.onnx/inside`,
    `models`,
    CONFIG,
    `models/Caf\u00e9.onnx\u0000`,
  ]);
};

const zipWith = (random: Random, ...parts: ZipPart[]): Buffer => {
  const all: ZipPart[] = good(random);
  for (const part of parts) all.splice(Math.floor(random() * (all.length + 1)), 0, part);
  return zipOfParts(all);
};

const tarWith = (random: Random, ...parts: TarPart[]): Buffer => {
  const all: TarPart[] = good(random);
  all.splice(Math.floor(random() * (all.length + 1)), 0, ...parts);
  const tar = tarOfParts(all);
  return random() < 0.3 ? gzipSync(tar) : tar;
};

const ZEROS = Buffer.alloc(1 << 20);

/** Ways to build one; each gives a new archive for every random number. */
const makers: [string, (random: Random) => Buffer | { bytes: Buffer; mayBeTaken: boolean }][] = [
  ['a zip name', (random) => zipWith(random, { name: names(random), content: 'evil' })],
  ['a tar name', (random) => tarWith(random, ...tarName(names(random)))],
  ['a zip link', (random) => zipWith(random, { name: 'models/latest', content: '/etc/passwd', mode: 0o120777 })],
  [
    'a zip device or pipe',
    (random) => zipWith(random, { name: 'models/null', mode: pick(random, [0o020666, 0o060666, 0o010666, 0o140666]) }),
  ],
  [
    'a tar link, device or pipe',
    (random) => tarWith(random, { name: 'models/x', type: pick(random, [...'12346S']), link: '../../../etc/passwd' }),
  ],
  [
    'a link and a file through it',
    (random) => tarWith(random, { name: 'out', type: '2', link: '/tmp' }, { name: 'out/evil', content: 'evil' }),
  ],
  ['a tar of an unknown kind', (random) => tarWith(random, { name: 'models/x', type: pick(random, [...'DMNVZ!']) })],
  [
    'a zip entry larger than it says',
    (random) =>
      zipOfParts([
        ...good(random).slice(0, 1),
        { name: 'models/model.onnx', content: ZEROS, claims: { bytes: Math.floor(random() * 1000) } },
      ]),
  ],
  [
    'a zip entry smaller than it says',
    (random) =>
      zipOfParts([
        ...good(random).slice(0, 1),
        { name: 'models/model.onnx', content: 'x', claims: { bytes: 2 + Math.floor(random() * 1000) } },
      ]),
  ],
  [
    'a zip entry of many gigabytes',
    (random) => zipWith(random, { name: 'big', content: 'x', claims: { bytes: 0xfffffff0 } }),
  ],
  [
    'a wrong checksum',
    (random) =>
      zipOfParts([
        ...good(random).slice(0, 1),
        { name: 'models/model.onnx', content: 'x', claims: { crc: Math.floor(random() * 2 ** 31) } },
      ]),
  ],
  [
    'another name in the header',
    (random) =>
      zipOfParts([
        ...good(random).slice(0, 1),
        { name: 'models/model.onnx', content: 'x', claims: { localName: '../../evil.onnxx' } },
      ]),
  ],
  [
    'entries on the same bytes',
    (random) =>
      zipOfParts([
        ...good(random),
        { name: 'models/again', content: ZEROS, claims: { offset: pick(random, [0, 1, 40]) } },
      ]),
  ],
  [
    'an encrypted entry',
    (random) => zipWith(random, { name: 'models/secret', content: 'x', flags: pick(random, [1, 0x40, 0x2000]) }),
  ],
  [
    'a strange method',
    (random) => zipWith(random, { name: 'models/odd', content: 'x', method: pick(random, [1, 6, 9, 12, 14, 93, 99]) }),
  ],
  ['too many entries', () => manyEntries],
  ['a wrong count of entries', (random) => zipOfParts(good(random), { entries: pick(random, [0, 2, 60000]) })],
  [
    'an entry whose packed bytes end early',
    (random) =>
      zipOfParts([
        ...good(random).slice(0, 1),
        { name: 'models/model.onnx', content: ZEROS, claims: { packedBytes: 10 + Math.floor(random() * 1000) } },
      ]),
  ],
  ['a gzip bomb', () => gzipBomb],
  ['a gzip in a gzip', (random) => gzipSync(gzipSync(zipOfParts(good(random))))],
  [
    'a tar entry beyond the end',
    (random) => tarWith(random, { name: 'models/x', content: 'x', claims: { bytes: 2 ** 33 - 1 } }),
  ],
  [
    'a tar size that is no number',
    (random) =>
      tarWith(random, {
        name: 'models/x',
        content: 'x',
        claims: {
          size: pick(random, [
            '-0000000001\0',
            '99999999999\0',
            'zzzzzzzzzzz\0',
            '\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
            '\xff'.repeat(12),
          ]),
        },
      }),
  ],
  [
    'a wrong tar checksum',
    (random) => tarWith(random, { name: 'models/x', content: 'x', claims: { checksum: Math.floor(random() * 9999) } }),
  ],
  [
    'a large extended header',
    (random) => tarWith(random, { name: 'x', type: 'x', content: Buffer.alloc((1 << 20) + 1, 32) }),
  ],
  [
    'a broken extended header',
    (random) =>
      tarWith(random, {
        name: 'x',
        type: 'x',
        content: pick(random, ['99999999 path=x\n', 'path', '0 path=x\n', '-5 a=b\n']),
      }),
  ],
  [
    'a size in an extended header',
    (random) =>
      tarWith(
        random,
        { name: 'x', type: 'x', content: pax('size', pick(random, ['-1', '9'.repeat(15), 'x'])) },
        { name: 'models/x', content: 'x' },
      ),
  ],
  ['a tar without its end', (random) => tarOfParts(good(random), { withEnd: false })],
  ['a cut zip', (random) => cut(random, zipOfParts(good(random)))],
  ['a cut gzip', (random) => cut(random, gzipSync(tarOfParts(good(random))))],
  ['a zip with broken bytes', (random) => ({ bytes: broken(random, zipOfParts(good(random))), mayBeTaken: true })],
  ['a tar with broken bytes', (random) => ({ bytes: broken(random, tarOfParts(good(random))), mayBeTaken: true })],
  [
    'a gzip with broken bytes',
    (random) => ({ bytes: broken(random, gzipSync(tarOfParts(good(random)))), mayBeTaken: true }),
  ],
];

const manyEntries = zipOfParts(Array.from({ length: 1001 }, (_, index) => ({ name: `f${index}`, method: 0 })));
const gzipBomb = gzipSync(Buffer.alloc(32 << 20));

/** Long names and names with bytes that a header cannot hold come in an extended header. */
const tarName = (name: string): TarPart[] =>
  name.length < 100 && !name.includes('\0')
    ? [{ name, content: 'evil' }]
    : [
        { name: 'x', type: 'x', content: pax('path', name) },
        { name: 'short', content: 'evil' },
      ];

const cut = (random: Random, bytes: Buffer) => bytes.subarray(0, 5 + Math.floor(random() * (bytes.length - 30)));

function broken(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = 1 + Math.floor(random() * 20); count > 0; count--)
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  return copy;
}

/** The archive number `seed`; kinds take turns. */
export function hostileArchive(seed: number): HostileArchive {
  const [what, make] = makers[seed % makers.length];
  const made = make(numbersFrom(seed));
  return Buffer.isBuffer(made) ? { what, bytes: made } : { what, ...made };
}
