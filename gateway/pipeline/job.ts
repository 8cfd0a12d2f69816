import type { ErrorData } from '../errors';
import type { ReadOptions } from '../imaging/formats/decoded-image';
import type { StreamedForm } from '../imaging/formats/packed/streamed-array';
import type { Box, InteractionJob } from '../interaction';
import type { ModelSpec } from '../model-spec';
import type { TransformOptions } from '../transforms/definition';
import type { Json, RequestParams, SampleFile } from '../transforms/sample';
import type { PreparedSample } from './prepared-sample';
import type { ResultFile } from './result-file';
import type { Sentence } from '../sentence';

export type { Json, RequestParams, StreamedForm };

/** A file of an upload, or of a session of several images, and its name in the form. */
export interface FormFile extends SampleFile {
  field: string;
}

/** One piece of work for a worker thread: plain JSON, paths instead of bytes. */
export interface Job {
  /** The request's id; also Triton's request id. */
  id: string;
  /** Goes to Triton with each call: the trace the request belongs to (W3C Trace Context). */
  traceparent?: string;
  spec: ModelSpec;
  /** Version of the model in Triton's repository that belongs to `spec`. */
  modelVersion: string;
  /** The models that a pipeline calls, by name. */
  related?: Record<string, { spec: ModelSpec; modelVersion: string }>;
  /** The image the client sent: where it lies and what the client called it. */
  image: SampleFile;
  /** All files of the upload with their names in the form, `image` first: for models that load several. @default `image` alone */
  files?: FormFile[];
  /** Set while the image is still being written, by what it may have at the most: the memory of its `ArrivingFile` says how far it is. */
  arriving?: { mostBytes: number; shared: SharedArrayBuffer };
  /** Session that the image belongs to; none for an upload. */
  session?: string;
  /** Set when the result is to be a DICOM Segmentation of the files that the session was made of. */
  dicomSegmentation?: DicomSegmentationWish;
  /** Set when the result is an answer of an interactive session. */
  interaction?: InteractionJob;
  /** Set by the queue when what the first `spec.cacheableSteps` pre-transforms give is kept: the sample when it is at hand, else it is wanted. */
  prepared?: PreparedSample | 'wanted';
  params: RequestParams;
  /** Folder for the result file: made when that is written, removed by the caller. */
  directory: string;
  options: TransformOptions & {
    /** How scanning windows of Clara 2.x and 3.x lie; a server setting. @default clara */
    claraWindows?: 'clara' | 'monai';
    /** Whether neighbouring steps that work voxel by voxel take images piece by piece together; a server setting. @default on */
    fusion?: 'on' | 'off';
  };
}

/** A DICOM Segmentation as the request asks for it. */
export interface DicomSegmentationWish {
  /** Folder of the DICOM files that were segmented. */
  series: string;
  /** One frame of bits for each label in each slice, or slices of label values. */
  kind: 'binary' | 'labelmap';
}

/** Work on polygons: an image and params, no model. */
export interface PolygonJob extends Pick<Job, 'id' | 'image' | 'params' | 'directory'> {
  kind: 'mask-to-polygon' | 'fix-polygon';
}

/** The same as it was sent: `params` is the file with the text, if that was sent. */
export type SentPolygonJob = Omit<PolygonJob, 'params'> & { params: string | undefined };

/** An image that is decoded and written as uncompressed NIfTI, for a session. */
export interface NiftiJob {
  kind: 'to-nifti';
  id: string;
  image: SampleFile;
  /** The file to write. */
  target: string;
  options: Pick<ReadOptions, 'names' | 'others' | 'series'>;
}

/** A packed array that a client of an interactive session sent: its image, which becomes a NIfTI file, or a mask. */
export interface ReceivedArrayJob {
  kind: 'received-array';
  id: string;
  image: SampleFile;
  /** As what the client sends it. @default as nninteractive-client packs arrays */
  form?: StreamedForm;
  /** The file to write. */
  target: string;
  wanted:
    | { kind: 'image'; /** mm per voxel along the axes of the array. */ spacing?: readonly number[] }
    | {
        kind: 'mask';
        /** Of the image. */ shape: readonly number[];
        /** The part of it that the array is. */ box?: Box;
      };
}

/** What an interactive session has already and the client has not: after an undo. */
export interface MaskAnswerJob {
  kind: 'mask-answer';
  id: string;
  /** For messages. */
  image: SampleFile;
  interaction: InteractionJob;
  /** Folder for the answer. */
  directory: string;
}

/** All that a worker thread does; a job with a `kind` is not an inference. */
export type Work = Job | SentPolygonJob | NiftiJob | ReceivedArrayJob | MaskAnswerJob;

export interface JobResult {
  file?: ResultFile;
  /** JSON for the part `params`. */
  json: Record<string, Json>;
  /** The same as text, where it may be large: it takes the place of `json`, which is empty. */
  jsonText?: string;
  /** Warnings about the image or the result, one sentence each. @default none */
  warnings?: readonly Sentence[];
  /** For the queue only, when the job said `wanted`. */
  prepared?: PreparedSample;
}

/**
 * The memory that a job has asked for: `beside` the shared memory that its thread keeps from earlier jobs, `instead` of that, or `none`: the job gives
 * its thread back, and begins anew when there is room.
 */
export type Grant = 'beside' | 'instead' | 'none';

/** Messages of the main thread to a worker. `reserve` answers the worker's. */
export type ToWorker =
  /** @param beside another thread may work for the job as well */
  | { kind: 'run'; job: Work; beside: boolean }
  | { kind: 'cancel' }
  | { kind: 'reserve'; place?: Uint8Array }
  | { kind: 'memory'; grant: Grant }
  /** @param error why there is no room on the disk */
  | { kind: 'room'; error?: ErrorData }
  /** The upload is whole: the job goes on to the end. */
  | { kind: 'confirm' }
  /** The job is not to wait for its image any more. */
  | { kind: 'postpone' }
  | { kind: 'close' };

/** Bytes of tensors to and from Triton, by the way they went. */
export interface TensorBytes {
  inline: number;
  shared_memory: number;
}

/** Messages of a worker to the main thread. A job ends with `done`, `failed` or `later`; its memory is ready for the next one at `idle`. */
export type FromWorker =
  | { kind: 'done'; result: JobResult; tensorBytes: TensorBytes }
  | { kind: 'failed'; error: ErrorData; tensorBytes: TensorBytes }
  /** A job whose image was still arriving has read it, and asks whether the upload is whole. */
  | { kind: 'confirm' }
  /** Asks for memory to keep a prepared image in. */
  | { kind: 'reserve'; bytes: number }
  /** Asks for room on the disk for a file that it is about to write. */
  | { kind: 'room'; bytes: number }
  /** It was not granted the memory that it asked for, or failed before the upload of its image was whole. */
  | { kind: 'later' }
  /** Asks for the memory that the job will take in all. @param kept bytes of shared memory that the thread has from earlier jobs */
  | { kind: 'memory'; bytes: number; kept: number }
  /** @param keptBytes of the machine's memory: the arena of the thread, and its regions of shared memory */
  | { kind: 'idle'; keptBytes: number }
  | { kind: 'log'; level: 'info' | 'warn' | 'error' | 'debug'; message: string; facts: Record<string, unknown> };
