import type { ScanningWindowInferer } from '../../model-spec';
import type { StageClock } from '../../telemetry/stages';
import type { Sample } from '../../transforms/sample';
import type { Job } from '../job';
import type { InferenceContext } from './inference-context';
import { runPipeline } from './deepgrow-pipeline';
import { runScanningWindow } from './sliding-window/scanning-window';
import { runSimple } from './simple';

/**
 * Sends the sample's input fields through the model and puts its outputs into the sample.
 * @returns number of the model's first post-transforms that its outputs have gone through already
 */
export async function runInferer(
  job: Job,
  sample: Sample,
  context: InferenceContext,
  clock: StageClock,
): Promise<number> {
  const { inferer } = job.spec.inference;
  switch (inferer.kind) {
    case 'simple':
      await runSimple(job, sample, context, clock);
      return 0;
    case 'scanning-window':
      return runScanningWindow(job, underRule(inferer, job.options.claraWindows), sample, context, clock);
    case 'pipeline':
      await runPipeline(job, inferer, sample, context, clock, runInferer);
      return 0;
  }
}

/** What a server setting says of Clara's windows: as they are, or those of MONAI, whose overlap the config's reader filled in (`transforms.md` §9 A2). */
function underRule(inferer: ScanningWindowInferer, claraWindows: 'clara' | 'monai' = 'clara'): ScanningWindowInferer {
  return inferer.rule === 'clara' && claraWindows === 'monai' ? { ...inferer, rule: 'monai-0' } : inferer;
}
