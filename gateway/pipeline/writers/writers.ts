import { ValueRangeError } from '../../imaging/formats/value-types';
import { RequestError, type RequestParams, type Sample } from '../../transforms/sample';
import type { SaveClassificationArgs } from '../../transforms/writers';
import type { InteractionJob } from '../../interaction';
import { answerPrompts } from '../interactive/answer';
import { keepResult } from '../result-file';
import { classificationWriter } from './classification-writer';
import { writeDicomSegmentation, type SegmentationJob } from './dicom-segmentation';
import { aiaaWriter, saveImage, writeNifti, writePng } from './image-writers';
import {
  keysOf,
  requestedFormat,
  type ResultExtension,
  type WriterJob,
  type WriterTarget,
  type Written,
} from './result-format';
import { say, sentenceOf } from '../../sentence';

/** Writers by the names `transforms/writers.ts` defines; their arguments were checked when the config was read. */
const writers: Record<string, (sample: Sample, args: never, target: WriterTarget) => Promise<Written>> = {
  WriteNifti: writeNifti,
  WritePng: writePng,
  Writer: aiaaWriter,
  ClassificationWriter: classificationWriter,
  SaveImaged: saveImage,
  // The scores are written as the chain made them.
  SaveClassificationd: (sample, { keys: [image] }: SaveClassificationArgs, target) =>
    classificationWriter(sample, { image, label_names: null, activation: 'none', threshold: 0.5 }, target),
};

/** Checks what the request asks of the result file. @throws RequestError naming what is accepted */
export function checkResultParams(step: { args: Record<string, unknown> }, params: RequestParams) {
  return requestedFormat(params, keysOf(step.args));
}

/**
 * Runs the config's writer on the sample.
 *
 * @throws RequestError when the request asks for an extension or a voxel type there is not, or the type does not hold a value of the result
 * @throws ImageError when the result cannot be held by the format, for example a volume by PNG
 */
export async function writeResult(
  sample: Sample,
  step: { name: string; args: Record<string, unknown> },
  job: WriterJob & Partial<SegmentationJob> & { interaction?: InteractionJob },
): Promise<Written> {
  const writer = Object.hasOwn(writers, step.name) ? writers[step.name] : undefined;
  if (!writer)
    throw new Error(`this gateway does not know the writer "${step.name}"; it has ${Object.keys(writers).join(', ')}`);
  if (job.interaction) return answerPrompts(sample, maskField(step), job.interaction, job.directory);
  if (isSegmentationJob(job)) return writeDicomSegmentation(sample, maskField(step), job);
  const { params, image, directory, labels = [] } = job;
  const save = async (bytes: Buffer, extension: ResultExtension, contentType: string) => {
    return { file: await keepResult(bytes, { directory, name: `result${extension}`, contentType }), json: {} };
  };
  try {
    const asked = checkResultParams(step, params);
    return await writer(sample, step.args as never, { params, image, directory, labels, asked, save });
  } catch (error) {
    if (!(error instanceof ValueRangeError)) throw error;
    const { dtype, extension } = keysOf(step.args);
    throw new RequestError(
      say`the result cannot be written: ${sentenceOf(error)}. Ask for a type that holds it with "${dtype}" (such as "uint16", "int32" or "float32"), or for another format with "${extension}"; the author of the config can change its ${step.name}`,
      { cause: error },
    );
  }
}

const isSegmentationJob = (job: Partial<SegmentationJob>): job is SegmentationJob =>
  job.dicomSegmentation !== undefined;

/** The field with the mask that a writer writes. @throws RequestError when it writes none */
function maskField({ name, args }: { name: string; args: Record<string, unknown> }): string {
  if (/Classification/.test(name)) throw new RequestError(say`output=dicom_seg: this model gives scores, not a mask`);
  return String(args.field ?? args.image ?? (args.keys as string[])[0]);
}
