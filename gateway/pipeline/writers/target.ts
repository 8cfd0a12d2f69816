import type { Json, RequestParams } from '../../transforms/sample';
import type { ResultFile } from '../result-file';
import type { requestedFormat, ResultExtension } from './result-format';

export interface Written {
  file?: ResultFile;
  json: Record<string, Json>;
}

/** Of the job: the request's params, the image it is about, and the folder for the result. */
export interface WriterJob {
  params: RequestParams;
  image: { path: string; name: string };
  directory: string;
  /** Names of the model's classes. */
  labels?: readonly string[];
}

/** What a writer works with. */
export interface WriterTarget extends WriterJob {
  /** What the request asks of the file: it wins over the config. */
  asked: ReturnType<typeof requestedFormat>;
  /** Stores the encoded file. */
  save(bytes: Buffer, extension: ResultExtension, contentType: string): Promise<Written>;
}
