import type { Job } from '../../gateway/contract/jobs';
import { send, serverRoot } from '../server/ask';
import { stream } from '../server/stream';
import { stageBar, stageList, type StageTimes } from '../stages/stages';

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
