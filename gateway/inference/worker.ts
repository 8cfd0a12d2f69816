import { parentPort, threadId, workerData } from 'node:worker_threads';
import { asGatewayError, fail } from '../errors';
import { StageClock } from '../telemetry/stages';
import { createTriton, type TritonOptions } from '../triton/triton';
import { collectGarbage } from './collect-garbage';
import type { FromWorker, ToWorker, Work } from './job';
import { runPolygonJob } from './polygons/run-polygon-job';
import { runJob } from './run-job';

/** What a worker thread is started with. */
export interface WorkerSettings {
  triton: Omit<TritonOptions, 'log'>;
  /** One Int32: 1 while the running job is to be stopped. Seen by code that runs without returning to the event loop. */
  cancelled: SharedArrayBuffer;
}

const port = parentPort!;
const settings = workerData as WorkerSettings;
const cancelled = new Int32Array(settings.cancelled);
const send = (message: FromWorker) => port.postMessage(message);

const triton = createTriton({
  ...settings.triton,
  log: (level, message, facts = {}) => send({ kind: 'log', level, message, facts: { ...facts, worker: threadId } }),
});
let running: AbortController | undefined;

async function run(job: Work): Promise<void> {
  const abort = new AbortController();
  running = abort;
  const clock = new StageClock();
  const throwIfCancelled = () => {
    if (Atomics.load(cancelled, 0) === 1) throw fail('CANCELLED');
  };
  try {
    const context = { infer: triton.infer.bind(triton), signal: abort.signal, throwIfCancelled };
    const result = 'kind' in job ? await runPolygonJob(job, clock) : await runJob(job, context, clock);
    send({ kind: 'done', result });
  } catch (error) {
    const known = asGatewayError(error);
    const stack =
      known.code === 'INTERNAL' || known.code === 'TRANSFORM_FAILED'
        ? (known.cause as Error | undefined)?.stack
        : undefined;
    send({ kind: 'failed', error: known.toData(), stack });
  } finally {
    running = undefined;
    collectGarbage();
  }
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'run':
      void run(message.job);
      break;
    case 'cancel':
      running?.abort();
      break;
    case 'close':
      void triton.close().finally(() => port.close());
      break;
  }
});
