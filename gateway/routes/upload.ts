import { randomUUID } from 'node:crypto';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import multer from 'multer';
import { fail, messageOf } from '../errors';

/** What a request brought: text fields, files on disk, and a folder of its own that goes away with the answer. */
export interface Upload {
  directory: string;
  fields: Record<string, string>;
  files: UploadedFile[];
}

export interface UploadedFile {
  field: string;
  path: string;
  /** The client's own name for it, without folders; only its suffix is a hint. */
  name: string;
  bytes: number;
}

export interface UploadOptions {
  /** Folder in which each request gets a folder of its own. */
  directory: string;
  maxBytes: number;
}

const MAX_FIELD_BYTES = 16 << 20;
const MAX_FILES = 5000;

const uploads = new WeakMap<Request, Upload>();

/** The upload of a request that passed {@link spoolUpload}. */
export function uploadOf(request: Request): Upload {
  const upload = uploads.get(request);
  if (!upload) throw new Error('spoolUpload() is not installed');
  return upload;
}

/**
 * Writes the parts of a multipart body to disk while they arrive; no file is ever whole in memory. Takes every file part, whatever its name.
 * The request's folder is removed when the answer is out or the client is gone, in every case.
 */
export function spoolUpload({ directory, maxBytes }: UploadOptions): RequestHandler {
  const storage = multer.diskStorage({
    destination: (request, _file, done) => done(null, uploadOf(request as Request).directory),
    filename: (_request, file, done) => done(null, `${randomUUID()}${safeSuffix(file.originalname)}`),
  });
  const limits = { fileSize: maxBytes, fieldSize: MAX_FIELD_BYTES, files: MAX_FILES };
  const readParts = multer({ storage, limits, preservePath: true, defParamCharset: 'utf8' }).any();

  return async function spool(request: Request, response: Response, next: NextFunction): Promise<void> {
    const upload: Upload = { directory: join(directory, randomUUID()), fields: {}, files: [] };
    await refuseWhenTooLarge(request, directory, maxBytes);
    await mkdir(upload.directory, { recursive: true });
    uploads.set(request, upload);
    response.once('close', () => void rm(upload.directory, { recursive: true, force: true }));
    readParts(request, response, (error: unknown) => {
      if (error) return next(uploadError(error, maxBytes));
      upload.fields = Object.fromEntries(
        Object.entries((request.body ?? {}) as Record<string, unknown>).map(([key, value]) => [key, String(value)]),
      );
      upload.files = ((request.files ?? []) as Express.Multer.File[]).map((file) => ({
        field: file.fieldname,
        path: file.path,
        name: baseName(file.originalname),
        bytes: file.size,
      }));
      next();
    });
  };
}

/** Compares the announced length with the limit and the free disk before a byte is written. */
async function refuseWhenTooLarge(request: Request, directory: string, maxBytes: number): Promise<void> {
  const bytes = Number(request.get('content-length') ?? 0);
  if (bytes > maxBytes) throw fail('TOO_LARGE', { limit: `${Math.round(maxBytes / (1 << 20))} MB` });
  await mkdir(directory, { recursive: true });
  const { bavail, bsize } = await statfs(directory);
  if (bytes > bavail * bsize) throw fail('DISK_FULL', { what: `an upload of ${bytes} bytes` });
}

function uploadError(error: unknown, maxBytes: number): Error {
  if (error instanceof multer.MulterError) {
    if (error.code === 'LIMIT_FILE_SIZE')
      return fail('TOO_LARGE', { limit: `${Math.round(maxBytes / (1 << 20))} MB` }, { cause: error });
    return fail('BAD_UPLOAD', { what: `${error.message}${error.field ? ` (${error.field})` : ''}` }, { cause: error });
  }
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
    return fail('DISK_FULL', { what: 'the upload' }, { cause: error });
  return fail('BAD_UPLOAD', { what: messageOf(error) }, { cause: error });
}

/** The last part of a path of any system: clients send the path as the user gave it. */
export function baseName(name: string): string {
  return name.split(/[\\/]/).pop() || 'upload';
}

function safeSuffix(name: string): string {
  const base = baseName(name).toLowerCase();
  const suffix = base.endsWith('.nii.gz') ? '.nii.gz' : extname(base);
  return /^\.[a-z0-9.]{1,12}$/.test(suffix) ? suffix : '';
}
