import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../../contract/jobs';
import type { NewSession } from '../../contract/sessions';
import { UsageError } from '../../flags';
import { decodeText } from '../../text';
import { CliFailure, exitCodes, type ExitCode } from '../failure';
import { filePart, formBody, textContent, type FormPart } from '../form-body';
import { batchOf, type BatchItem } from '../image-batch';
import { checkFormat, maskExtension, outputFile, type OutputFile } from '../output-file';
import { UploadProgress } from '../terminal';
import type { Call, Verb } from '../verb';

export const infer: Verb = {
  name: 'infer',
  usage: ['MODEL IMAGE [IMAGE …]', "MODEL FOLDER|'PATTERN' --output DIR"],
  operands: [2, 65],
  models: true,
  summary: 'runs a model on an image, or on a folder with one DICOM series',
  details: [
    'The mask is written to --output, whose name decides the format: .nii.gz, .nii, .nrrd, .mha, .png, or .dcm (a DICOM Segmentation,',
    'for a folder with a DICOM series). A folder gets a new file mask.nii.gz, or with the extension that params.result_extension names.',
    'Several images or folders are the channels of one image, in order, for models of nnU-Net.',
    'A folder of images (.nii.gz, .nii, .nrrd, .mha, .png), a folder of folders with a series each, or a quoted pattern such as "ct/*.nii.gz" is run image by image: the masks',
    'go to the folder --output under the names of their images. What has its mask is left out, so that the same command goes on after it was ended.',
    'A model that answers with numbers has them printed.',
  ],
  flags: {
    output: { value: 'FILE|DIR/', short: 'o', meaning: 'where the mask goes [mask.nii.gz]' },
    params: { value: 'JSON', short: 'p', meaning: 'params of the request, or @FILE with them [{}]' },
  },
  timeoutSeconds: 1800,
  async run(call) {
    const { operands, flags, terminal } = call;
    const [model, ...images] = operands;
    const params = readParams(flags.get('params') ?? '{}');
    const wanted = flags.get('output');
    const batch = images.length === 1 ? batchOf(images[0], wanted, maskExtension(params.result_extension)) : undefined;
    if (batch) return inferEach(batch, model, params, call);
    const { value, lines } = await inferOne(model, images, outputFile(wanted, params.result_extension), params, call);
    terminal.result(value, lines);
  },
};

/** Each image by itself: what has its mask is left out, so that the same command goes on where it was ended; one that fails does not end the others. */
async function inferEach(batch: readonly BatchItem[], model: string, params: Params, call: Call): Promise<ExitCode> {
  const { terminal } = call;
  const done: object[] = [];
  const failed: { image: string; error: string }[] = [];
  const waiting = batch.filter(({ output }) => !existsSync(output));
  const skipped = batch.length - waiting.length;
  if (skipped > 0) terminal.note(`${skipped} of ${batch.length} have their mask already`);
  for (const [at, { image, output }] of waiting.entries()) {
    try {
      const { value, lines } = await inferOne(
        model,
        [image],
        outputFile(output, undefined),
        params,
        call,
        `${at + 1}/${waiting.length} `,
      );
      done.push({ image, ...value });
      if (!terminal.json) terminal.result(value, lines);
    } catch (error) {
      if (!(error instanceof CliFailure || error instanceof UsageError) || unreachable(error)) throw error;
      failed.push({ image, error: error.message });
      terminal.note(`${image}: ${error.message}`);
    }
  }
  const sum = `${done.length} done, ${skipped} there before, ${failed.length} failed`;
  terminal.result({ done, skipped, failed }, [sum]);
  return failed.length > 0 ? exitCodes.failed : exitCodes.done;
}

/** Nothing answers there: the other images would fail the same way. */
const unreachable = (error: Error) => error instanceof CliFailure && error.exitCode === exitCodes.unreachable;

/** Sends one image, or the channels of one, and writes its mask. @param which stands before the name in the progress */
async function inferOne(
  model: string,
  images: readonly string[],
  output: OutputFile,
  params: Params,
  { server, terminal }: Call,
  which = '',
): Promise<{ value: Record<string, unknown>; lines: string[] }> {
  const isFolder = images.some((image) => statSync(image, { throwIfNoEntry: false })?.isDirectory());
  const asDicom = output.extension === '.dcm';
  if (asDicom && !isFolder)
    throw new UsageError(
      `--output ${output.path} asks for a DICOM Segmentation, which refers to a series: give the folder with its files`,
    );
  const progress = new UploadProgress(terminal, `${which}sending ${images.join(', ')}`, `${which}running ${model}`);
  const id = randomUUID();
  void progress.watch(async () => {
    const job = await server.json<Job>('GET', `/v1/jobs/${id}`);
    return `${which}running ${model}: ${job.stage ?? ''} ${Math.round(job.progress * 100)} %`;
  });
  const session = isFolder ? await makeSession(images, server, progress) : undefined;
  const part = `${output.path}.part`;
  try {
    const query = new URLSearchParams({ model, output: asDicom ? 'dicom_seg' : 'image' });
    if (session) query.set('session_id', session);
    const sent = asDicom ? params : { ...params, result_extension: output.extension };
    const form = [{ field: 'params', content: textContent(JSON.stringify(sent)) }];
    let written = false;
    const answer = await server.call('POST', `/v1/inference?${query}`, {
      body: formBody(session ? form : [...form, ...images.flatMap(partsOf)]),
      headers: { 'x-request-id': id, accept: '*/*' },
      onSent: session ? undefined : progress.sent,
      into: ({ headers }) => {
        if (headers['content-type']?.startsWith('application/json')) return undefined;
        written = true;
        return createWriteStream(part);
      },
    });
    progress.end();
    const stages = stagesOf(answer.headers['server-timing']);
    const warnings = JSON.parse(String(answer.headers['x-aiaa-warnings'] ?? '[]')) as string[];
    for (const warning of warnings) terminal.note(`warning: ${warning}`);
    if (!written) {
      const result: unknown = JSON.parse(answer.text);
      return { value: { result, stages, warnings }, lines: [JSON.stringify(result, null, 2)] };
    }
    checkFormat(part, output);
    renameSync(part, output.path);
    const times = Object.entries(stages).map(([stage, ms]) => `${stage} ${Math.round(ms)} ms`);
    return {
      value: { output: output.path, bytes: statSync(output.path).size, stages, warnings },
      lines: [`${output.path}  ${times.join(', ')}`.trimEnd()],
    };
  } finally {
    progress.end();
    rmSync(part, { force: true });
    if (session) await server.call('DELETE', `/session/${session}`).catch(() => {});
  }
}

type Params = Record<string, unknown>;

function readParams(text: string): Params {
  try {
    const params: unknown = JSON.parse(text.startsWith('@') ? decodeText(readFileSync(text.slice(1))) : text);
    if (params && typeof params === 'object' && !Array.isArray(params)) return params as Params;
  } catch (error) {
    throw new UsageError(`--params "${text}" is not read: ${(error as Error).message}`);
  }
  throw new UsageError(`--params is ${text}: expected a JSON object such as {"points": [[1, 2, 3]]}`);
}

/** The files of an image or folder, under the name of its number where there are several. */
function partsOf(image: string, at: number, { length }: readonly string[]): FormPart[] {
  const field = length > 1 ? `image${at}` : 'image';
  if (!statSync(image, { throwIfNoEntry: false })?.isDirectory()) return [filePart(field, image)];
  const files = readdirSync(image, { withFileTypes: true }).filter((entry) => entry.isFile());
  if (files.length === 0) throw new UsageError(`${image} has no files`);
  return files.map(({ name }) => filePart(field, join(image, name)));
}

async function makeSession(
  images: readonly string[],
  server: Call['server'],
  progress: UploadProgress,
): Promise<string> {
  const options = { body: formBody(images.flatMap(partsOf)), onSent: progress.sent };
  const answer = await server.json<NewSession>('PUT', '/session/', options);
  return answer.session_id;
}

/** `Server-Timing: decode;dur=12.5, …` as milliseconds per stage. */
function stagesOf(header: string | string[] | undefined): Record<string, number> {
  const entries = String(header ?? '').matchAll(/([\w-]+);dur=([\d.]+)/g);
  return Object.fromEntries([...entries].map(([, stage, ms]) => [stage, Number(ms)]));
}
