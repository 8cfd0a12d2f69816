import type { Job } from '../../gateway/contract/jobs';
import type { NewSession } from '../../gateway/contract/sessions';
import { send, serverRoot } from '../server/ask';
import { stream } from '../server/stream';
import { uploadForm } from '../server/upload-form';
import { stageBar, stageList, type StageTimes } from '../stages/stages';
import type { ChosenImage } from './choices';

/** A series of thousands of files is decoded in this time on a slow disk. */
const DECODE_WITHIN_MS = 600_000;
const FETCH_WITHIN_MS = 600_000;

export interface OpenedImage {
  session: string;
  /** The image as the server has it: NIfTI, its voxels in the order that points are counted in. */
  file: ArrayBuffer;
  /** A PNG, a JPEG: without a place in the patient. */
  isPicture: boolean;
  /** Sentences of the server about how it read the image. */
  warnings: string[];
}

/** Hears what happens now, and which part of it is done (0 to 1), where that is known. */
type Say = (what: string, fraction?: number) => void;

/** Uploads an image as a session, as clients do, and fetches it as NIfTI. */
export async function openImage(image: ChosenImage, say: Say, signal: AbortSignal): Promise<OpenedImage> {
  const { session_id: session, session_info: info } = await openSession(image, say, signal);
  say('Fetching the image as the server has it …');
  const response = await send(`session/${session}/image`, { deadlineMs: FETCH_WITHIN_MS, signal });
  const { meta, warnings } = info;
  return { session, file: await response.arrayBuffer(), isPicture: meta.picture === true, warnings };
}

/** Uploads an image as a new session. */
export async function openSession(image: ChosenImage, say: Say, signal: AbortSignal): Promise<NewSession> {
  if (image.files.length === 0) {
    say('Fetching the sample …');
    const response = await send(`samples/${encodeURIComponent(image.name)}`, { deadlineMs: FETCH_WITHIN_MS, signal });
    image.files = [new File([await response.blob()], image.name)];
  }
  const form = new FormData();
  for (const file of image.files) form.append('image', file, file.name);
  return uploadForm<NewSession>('session/?save_as=.nii', form, {
    method: 'PUT',
    answerWithinMs: DECODE_WITHIN_MS,
    signal,
    onProgress: (sent, total) =>
      sent < total ? say('Uploading …', sent / total) : say('The server reads the image …'),
  });
}

/** Ends a session; also while the page is left. */
export function closeSession(session: string): void {
  send(`session/${session}`, { method: 'DELETE', keepalive: true }).catch(() => undefined);
}

/** Models of hours exist; the server has deadlines of its own for every step. */
const DEADLINE_MS = 3_600_000;

export interface RunRequest {
  endpoint: string;
  model: string;
  session: string;
  params: Record<string, unknown>;
}

export interface RunResult {
  /** Absent for models that answer with numbers alone. */
  mask?: File;
  json: Record<string, unknown>;
  /** Milliseconds that the server measured; `total` is all of them. */
  stages: StageTimes;
  /** Sentences of the server beside the result. */
  warnings: string[];
  /** From pressing Run to the last byte. */
  ms: number;
}

/** Calls a model with the image of a session and follows the job. @param onProgress called a few times a second @param signal cancels it */
export async function callModel(
  { endpoint, model, session, params }: RunRequest,
  onProgress: (job: Job) => void,
  signal: AbortSignal,
): Promise<RunResult> {
  const id = crypto.randomUUID?.() ?? `try-${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const body = new FormData();
  body.append('params', JSON.stringify({ ...params, result_extension: '.nii.gz' }));
  const query = new URLSearchParams({ model, session_id: session });
  const started = performance.now();
  const unfollow = stream<Job>(`v1/jobs/${id}`, 'job', (job) => {
    // The stream is over then, and would be opened again.
    if (job.state !== 'queued' && job.state !== 'running') unfollow();
    else onProgress(job);
  });
  // A proxy between may not tell the server that its client hung up.
  const cancel = () =>
    void fetch(new URL(`v1/jobs/${id}`, serverRoot()), { method: 'DELETE', keepalive: true }).catch(() => undefined);
  signal.addEventListener('abort', cancel);
  try {
    const headers = { 'X-Request-Id': id };
    const options = { method: 'POST', body, headers, deadlineMs: DEADLINE_MS, signal };
    const answer = await readAnswer(await send(`v1/${endpoint}?${query}`, options));
    return { ...answer, ms: performance.now() - started };
  } finally {
    signal.removeEventListener('abort', cancel);
    unfollow();
  }
}

async function readAnswer(response: Response): Promise<Omit<RunResult, 'ms'>> {
  // `decode;dur=41.2, pre;dur=120` (W3C Server Timing).
  const times = (response.headers.get('server-timing') ?? '').matchAll(/([\w-]+);dur=([\d.]+)/g);
  const stages = Object.fromEntries([...times].map(([, name, ms]) => [name, Number(ms)]));
  const warnings = JSON.parse(response.headers.get('x-aiaa-warnings') ?? '[]') as string[];
  const isForm = response.headers.get('content-type')?.startsWith('multipart/');
  if (!isForm) return { json: (await response.json()) as RunResult['json'], stages, warnings };
  const parts = await response.formData();
  const image = parts.get('image');
  const json = JSON.parse((parts.get('params') as string | null) ?? '{}') as RunResult['json'];
  return { mask: image instanceof File ? image : undefined, json, stages, warnings };
}

/** Where the time of a call went: one bar, and the same in words. */
export function stageTimes({ stages: { total, ...stages }, ms }: Pick<RunResult, 'stages' | 'ms'>): HTMLElement[] {
  const times: StageTimes = Object.fromEntries(Object.entries(stages).filter(([, time]) => time > 0));
  const known = Object.values(times).reduce((sum, time) => sum + time, 0);
  const onServer = total ?? ms;
  // The server's other work, and the rest of the round trip.
  if (onServer - known >= 1) times.other = onServer - known;
  if (ms - onServer >= 1) times.network = ms - onServer;
  return [stageBar(times), stageList(times)];
}
