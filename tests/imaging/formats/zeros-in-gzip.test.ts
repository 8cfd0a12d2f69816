import { gunzipSync } from 'node:zlib';
import { gzipPieces, type Piece } from '../../../gateway/imaging/formats/gzip-zeros';

test.each<[string, Piece[]]>([
  ['nothing', []],
  ['no zeros', [Uint8Array.of(1, 2, 3)]],
  ['zeros alone', [1_000_003]],
  ['one zero byte', [Uint8Array.of(255), 1, Uint8Array.of(128)]],
  [
    'a slice among many',
    [Buffer.alloc(352, 7), 5 << 20, Uint8Array.from({ length: 70_000 }, (_, i) => i % 251), 1 << 18],
  ],
])('%s', async (_, pieces) => {
  const plain = Buffer.concat(pieces.map((piece) => (typeof piece === 'number' ? Buffer.alloc(piece) : piece)));
  // It checks length and CRC-32.
  expect(gunzipSync(await gzipPieces(pieces, 1)).equals(plain)).toBe(true);
});
