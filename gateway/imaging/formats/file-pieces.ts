import { open } from 'node:fs/promises';
import { arrivingAt } from './arriving-file';

/** Small enough to stay in the processor's cache until it is used. */
const PIECE = 256 << 10;

/**
 * The bytes of a file from `from` to before `to`, also while it arrives. The next piece is read while one is used; each is valid until the one after the
 * next is asked for, and their memory is used again: new memory costs more than reading into it.
 */
export async function* piecesOf(path: string, from: number, to: number): AsyncGenerator<Buffer> {
  const arriving = arrivingAt(path);
  const file = await open(path, 'r');
  const places = [Buffer.allocUnsafe(PIECE), Buffer.allocUnsafe(PIECE), Buffer.allocUnsafe(PIECE)];
  let at = from;
  const next = async (): Promise<Buffer> => {
    const end = Math.min(to, arriving ? await arriving.beyond(at) : to);
    const place = places.shift()!;
    places.push(place);
    if (end <= at) return place.subarray(0, 0);
    const { bytesRead } = await file.read(place, 0, Math.min(PIECE, end - at), at);
    at += bytesRead;
    return place.subarray(0, bytesRead);
  };
  let coming = next();
  try {
    for (let piece = await coming; piece.length > 0; piece = await coming) {
      coming = next();
      // It may fail while nobody waits for it.
      coming.catch(() => undefined);
      yield piece;
    }
  } finally {
    await file.close();
  }
}
