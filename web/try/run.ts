import { serverRoot, send } from '../live/ask';
import { stream } from '../live/stream';

/** Models of hours exist; the server has deadlines of its own for every step. */
const DEADLINE_MS = 3_600_000;

export interface RunRequest {
  endpoint: string;
  model: string;
  session: string;
  params: Record<string, unknown>;
}

/** How far a job is: of `GET /v1/jobs/<id>`. */
export interface JobProgress {
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  stage: string | null;
  /** 0 to 1. */
  progress: number;
  windows: { done: number; total: number } | null;
  /** Place in the queue, from 1. */
  position: number | null;
}

export interface RunResult {
  /** Absent for models that answer with numbers alone. */
  mask?: File;
  json: Record<string, unknown>;
  stages: Stage[];
  /** What the server says beside the result. */
  warnings: string[];
  /** From pressing Run to the last byte. */
  ms: number;
}

export interface Stage {
  name: string;
  ms: number;
}

/** Calls a model with the image of a session and follows the job. @param onProgress called a few times a second @param signal cancels it */
export async function callModel(
  { endpoint, model, session, params }: RunRequest,
  onProgress: (job: JobProgress) => void,
  signal: AbortSignal,
): Promise<RunResult> {
  const id = crypto.randomUUID?.() ?? `try-${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const form = new FormData();
  form.append('params', JSON.stringify({ ...params, result_extension: '.nii.gz' }));
  const query = new URLSearchParams({ model, session_id: session });
  const started = performance.now();
  const follow = (job: JobProgress) => {
    // The stream is over then, and would be opened again.
    if (job.state !== 'queued' && job.state !== 'running') unfollow();
    else onProgress(job);
  };
  const unfollow = stream(`v1/jobs/${id}`, { on: { job: follow }, onState: () => undefined });
  // A proxy between may not tell the server that its client hung up.
  const cancel = () =>
    void fetch(new URL(`v1/jobs/${id}`, serverRoot()), { method: 'DELETE', keepalive: true }).catch(() => undefined);
  signal.addEventListener('abort', cancel);
  try {
    const response = await send(`v1/${endpoint}?${query}`, {
      method: 'POST',
      body: form,
      headers: { 'X-Request-Id': id },
      deadlineMs: DEADLINE_MS,
      signal,
    });
    return { ...(await readAnswer(response)), ms: performance.now() - started };
  } finally {
    signal.removeEventListener('abort', cancel);
    unfollow();
  }
}

async function readAnswer(response: Response): Promise<Omit<RunResult, 'ms'>> {
  const stages = stagesOf(response.headers.get('server-timing') ?? '');
  const warnings = JSON.parse(response.headers.get('x-aiaa-warnings') ?? '[]') as string[];
  const isForm = response.headers.get('content-type')?.startsWith('multipart/');
  if (!isForm) return { json: (await response.json()) as RunResult['json'], stages, warnings };
  const parts = await response.formData();
  const image = parts.get('image');
  const json = JSON.parse((parts.get('params') as string | null) ?? '{}') as RunResult['json'];
  return { mask: image instanceof File ? image : undefined, json, stages, warnings };
}

/** `decode;dur=41.2, pre;dur=120` (W3C Server Timing). */
function stagesOf(header: string): Stage[] {
  return [...header.matchAll(/([\w-]+);dur=([\d.]+)/g)].map(([, name, ms]) => ({ name, ms: Number(ms) }));
}
