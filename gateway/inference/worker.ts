import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { asGatewayError, fail } from '../errors';
import { StageClock } from '../telemetry/stages';
import { createTriton, type TritonOptions } from '../triton/triton';
import type { FromWorker, Job, ToWorker } from './job';
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
/** V8 does not see how large shared buffers are and would keep the volumes of many jobs. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let running: AbortController | undefined;

async function run(job: Job): Promise<void> {
  const abort = new AbortController();
  running = abort;
  const clock = new StageClock();
  const throwIfCancelled = () => {
    if (Atomics.load(cancelled, 0) === 1) throw fail('CANCELLED');
  };
  try {
    const infer = triton.infer.bind(triton);
    const context = { infer, signal: abort.signal, throwIfCancelled, collectGarbage };
    send({ kind: 'done', result: await runJob(job, context, clock) });
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
