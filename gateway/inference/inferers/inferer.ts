import { fail } from '../../errors';
import type { StageClock } from '../../telemetry/stages';
import type { Sample } from '../../transforms/sample';
import type { Job } from '../job';
import type { InferenceContext } from './inference-context';
import { runScanningWindow } from './scanning-window';
import { runSimple } from './simple';

/** Sends the sample's input fields through the model and puts its outputs into the sample. */
export async function runInferer(
  job: Job,
  sample: Sample,
  context: InferenceContext,
  clock: StageClock,
): Promise<void> {
  const { inferer } = job.spec.inference;
  switch (inferer.kind) {
    case 'simple':
      return runSimple(job, sample, context, clock);
    case 'scanning-window':
      return runScanningWindow(job, inferer, sample, context, clock);
    case 'pipeline':
      throw fail('INFERENCE_FAILED', {
        model: job.spec.name,
        what: `pipelines (${inferer.name}) are not run by this version`,
      });
  }
}
