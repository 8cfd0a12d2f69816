import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker, type MessagePort } from 'node:worker_threads';
import pLimit from 'p-limit';
import { fail, GatewayError, whyThreadEnded, type ErrorData } from '../errors';
import { connectDecoders } from '../imaging/formats/dicom/frames/pool/decode-pool';
import { formatOf } from '../imaging/formats/decode';
import { readHead } from '../imaging/formats/file-head';
import { asSessionFailure, type Converted, type NamedImage, type ToNifti } from './import-image';

/** What an import thread is started with. */
export interface ImportTask {
  source: string;
  target: string;
  image: NamedImage;
  /** Most voxels that may be decoded. */
  maxVoxels: number;
  /** To the gateway's decode threads. */
  decoders: MessagePort;
}

export type FromImportWorker = { kind: 'done'; image: Converted } | { kind: 'failed'; error: ErrorData };

/** A series needs several times its size while it is decoded. */
const inTurn = pLimit(2);
let maxVoxels = Infinity;

/** Sets the most voxels that {@link toNifti} decodes. */
export function limitConversion(voxels: number): void {
  maxVoxels = voxels;
}

/**
 * Decodes an image (a file or a folder of DICOM files) in a thread of its own and writes it as uncompressed NIfTI. At most two at a time.
 *
 * @param signal ends the thread at once
 * @throws UNREADABLE_IMAGE, UNSUPPORTED_IMAGE, IMAGE_TOO_LARGE, CANCELLED; INTERNAL when the thread is lost
 */
export function toNifti(source: string, target: string, image: NamedImage, signal: AbortSignal): Promise<Converted> {
  return inTurn(() => {
    if (signal.aborted) throw fail('CANCELLED');
    return runThread({ source, target, image, maxVoxels, decoders: connectDecoders() }, signal);
  });
}

function runThread(task: ImportTask, signal: AbortSignal): Promise<Converted> {
  const file = join(__dirname, 'import-worker.js');
  const worker = new Worker(file, { workerData: task, transferList: [task.decoders], name: 'session-import' });
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise<Converted>((resolve, reject) => {
    worker.once('message', (message: FromImportWorker) =>
      message.kind === 'done' ? resolve(message.image) : reject(new GatewayError(message.error)),
    );
    worker.once('error', (error) => reject(lost(error.message, error)));
    worker.once('exit', (code) => reject(signal.aborted ? fail('CANCELLED') : lost(`it ended with code ${code}`)));
  }).finally(() => signal.removeEventListener('abort', stop));
}

function lost(what: string, cause?: unknown): GatewayError {
  return fail('INTERNAL', { what: `the thread that decodes the series failed: ${whyThreadEnded(what)}` }, { cause });
}

/**
 * The image of a session as a NIfTI file with the voxels in the order that points are counted in: the file itself when it is one, plain or
 * gzip, else decoded into `path`. It is to be removed after it was read; `warnings` tell the user how the image was read for it.
 * @throws UNREADABLE_IMAGE, UNSUPPORTED_IMAGE, CANCELLED
 */
export async function niftiOf(
  { image }: { image: { path: string; name: string } },
  path: string,
  signal: AbortSignal,
  decode: ToNifti = toNifti,
): Promise<{ path: string; warnings: readonly string[]; remove(): Promise<void> }> {
  const remove = () => rm(path, { force: true });
  try {
    const head = await readHead(image.path, image.name);
    if (formatOf(head)?.name === 'nifti' && head.compression !== 'zstd')
      return { path: image.path, warnings: [], remove: () => Promise.resolve() };
    const { warnings } = await decode(image.path, path, { name: image.name }, signal);
    return { path, warnings, remove };
  } catch (error) {
    await remove();
    throw asSessionFailure(error, image.name);
  }
}
