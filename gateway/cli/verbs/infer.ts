import { randomUUID } from 'node:crypto';
import { createWriteStream, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../../contract/jobs';
import type { NewSession } from '../../contract/sessions';
import { UsageError } from '../../flags';
import { decodeText } from '../../text';
import { filePart, formBody, textContent, type FormPart } from '../form-body';
import { checkFormat, outputFile } from '../output-file';
import { UploadProgress } from '../terminal';
import type { Call, Verb } from '../verb';

export const infer: Verb = {
  name: 'infer',
  usage: ['MODEL IMAGE [IMAGE …]'],
  operands: [2, 65],
  summary: 'runs a model on an image, or on a folder with one DICOM series',
  details: [
    'The mask is written to --output, whose name decides the format: .nii.gz, .nii, .nrrd, .mha, .png, or .dcm (a DICOM Segmentation,',
    'for a folder with a DICOM series). A folder gets a new file mask.nii.gz, or with the extension that params.result_extension names.',
    'Several images or folders are the channels of one image, in order, for models of nnU-Net.',
    'A model that answers with numbers has them printed.',
  ],
  flags: {
    output: { value: 'FILE|DIR/', short: 'o', meaning: 'where the mask goes [mask.nii.gz]' },
    params: { value: 'JSON', short: 'p', meaning: 'params of the request, or @FILE with them [{}]' },
  },
  timeoutSeconds: 1800,
  async run({ operands: [model, ...images], flags, server, terminal }) {
    const params = readParams(flags.get('params') ?? '{}');
    const output = outputFile(flags.get('output'), params.result_extension);
    const isFolder = images.some((image) => statSync(image, { throwIfNoEntry: false })?.isDirectory());
    const asDicom = output.extension === '.dcm';
    if (asDicom && !isFolder)
      throw new UsageError(
        `--output ${output.path} asks for a DICOM Segmentation, which refers to a series: give the folder with its files`,
      );
    const progress = new UploadProgress(terminal, `sending ${images.join(', ')}`, `running ${model}`);
    const id = randomUUID();
    void progress.watch(async () => {
      const job = await server.json<Job>('GET', `/v1/jobs/${id}`);
      return `running ${model}: ${job.stage ?? ''} ${Math.round(job.progress * 100)} %`;
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
        return terminal.result({ result, stages, warnings }, [JSON.stringify(result, null, 2)]);
      }
      checkFormat(part, output);
      renameSync(part, output.path);
      const times = Object.entries(stages).map(([stage, ms]) => `${stage} ${Math.round(ms)} ms`);
      terminal.result({ output: output.path, bytes: statSync(output.path).size, stages, warnings }, [
        `${output.path}  ${times.join(', ')}`.trimEnd(),
      ]);
    } finally {
      progress.end();
      rmSync(part, { force: true });
      if (session) await server.call('DELETE', `/session/${session}`).catch(() => {});
    }
  },
};

function readParams(text: string): Record<string, unknown> {
  try {
    const params: unknown = JSON.parse(text.startsWith('@') ? decodeText(readFileSync(text.slice(1))) : text);
    if (params && typeof params === 'object' && !Array.isArray(params)) return params as Record<string, unknown>;
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

async function makeSession(images: string[], server: Call['server'], progress: UploadProgress): Promise<string> {
  const options = { body: formBody(images.flatMap(partsOf)), onSent: progress.sent };
  const answer = await server.json<NewSession>('PUT', '/session/', options);
  return answer.session_id;
}

/** `Server-Timing: decode;dur=12.5, …` as milliseconds per stage. */
function stagesOf(header: string | string[] | undefined): Record<string, number> {
  const entries = String(header ?? '').matchAll(/([\w-]+);dur=([\d.]+)/g);
  return Object.fromEntries([...entries].map(([, stage, ms]) => [stage, Number(ms)]));
}
