import { join } from 'node:path';
import { Worker, type MessagePort } from 'node:worker_threads';
import pLimit from 'p-limit';
import { fail, GatewayError, whyThreadEnded, type ErrorData } from '../errors';
import { connectDecoders } from '../imaging/formats/dicom/frames/pool/decode-pool';
import type { Converted, NamedImage } from './import-image';

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
