import type { Request, Response } from 'express';
import multer from 'multer';
import { limits } from '../../contract/params';
import { ArrivingImage } from './arriving-image';
import { PartFiles } from './part-files';
import { baseName } from './part-header';
import { boundariesOf, PartRewriter } from './part-rewriter';
import type { Ahead, Upload, UploadedFile } from './received';

/** Of smaller bodies all is there before a thread could have begun. */
const AHEAD_FROM_BYTES = 1 << 20;

interface Reading {
  /** The Content-Type. */
  type: string;
  /** Of the whole body. */
  maxBytes: number;
  /** Rejects when nobody waits for the body any more. */
  stalled: Promise<never>;
  /** Makes the folder of the upload, for its first file. */
  makeFolder: () => Promise<void>;
  /** The field `params` goes to the disk: it may have megabytes. */
  spoolParams: boolean;
  ahead?: Ahead;
}

/** Fills `upload` from the parts of the body; returns when all files are on the disk. */
export async function readParts(
  request: Request,
  upload: Upload,
  { type, maxBytes, stalled, makeFolder, spoolParams, ahead }: Reading,
): Promise<void> {
  const content = new PartFiles(upload.directory, makeFolder);
  const body = new PartRewriter(boundariesOf(type), { maxBytes, spoolParams }, content);
  // multer reads the rewritten body as if it were the request.
  const rewritten = body as unknown as Request;
  const fileOf = (index: number, path: string, bytes: number): UploadedFile => {
    const { field, fileName = '' } = body.parts[index];
    return { field, path, name: baseName(fileName), bytes };
  };
  const fieldsSoFar = () => {
    const sent = Object.entries((rewritten.body ?? {}) as Record<string, string>);
    return Object.fromEntries(sent.map(([index, value]) => [body.parts[Number(index)].field, value]));
  };

  let arrival: ArrivingImage | undefined;
  const length = Number(request.get('content-length') ?? 0);
  const beginAhead = (index: number) => {
    if (!ahead || length < AHEAD_FROM_BYTES || body.parts.findIndex(({ isFile }) => isFile) !== index) return;
    const fields = fieldsSoFar();
    if (!('params' in fields)) return;
    const image = (arrival = new ArrivingImage(content, index, length, fields));
    image.whenStarted((bytes) =>
      ahead(Object.assign(upload, { fields, files: [fileOf(index, content.pathOf(index), bytes)], arrival: image })),
    );
  };
  const storage: multer.StorageEngine = {
    _handleFile(_request, { fieldname, stream }, done) {
      // The rewriter gives the content to the file itself.
      stream.resume();
      beginAhead(Number(fieldname));
      content.whole(Number(fieldname)).then((file) => done(null, file), done);
    },
    // The folder goes as a whole.
    _removeFile: (_request, _file, done) => done(null),
  };
  const read = multer({ storage, limits: { fieldSize: limits.textBytes } }).any();

  const cut = () => {
    if (!request.readableEnded) body.destroy(new Error('the connection was closed before the body was complete'));
  };
  request.once('error', cut).once('close', cut);
  // Ends multer too, and the files that are being written.
  stalled.catch((error: Error) => body.destroy(error));
  const finished = new Promise<void>((resolve, reject) =>
    read(rewritten, {} as Response, (error: unknown) => (error ? reject(error as Error) : resolve())),
  );
  request.pipe(body);
  try {
    await finished;
    Object.assign(upload, { fields: fieldsSoFar(), files: [], arrival: undefined });
    for (const { fieldname, path, size } of (rewritten.files ?? []) as Express.Multer.File[]) {
      if (body.parts[Number(fieldname)].isSpooled) {
        upload.params = path;
        continue;
      }
      // Browsers send an empty file without a name for a file field nobody filled in.
      const isFilledIn = size > 0 || (body.parts[Number(fieldname)].fileName ?? '') !== '';
      if (isFilledIn) upload.files.push(fileOf(Number(fieldname), path, size));
    }
    arrival?.ended(upload);
  } catch (error) {
    arrival?.failed(error);
    throw error;
  } finally {
    request.off('error', cut).off('close', cut);
    request.unpipe(body);
  }
}
