import type { ScanningWindowInferer } from '../../model-spec';
import type { ModelRun } from '../model-run';
import { runPipeline } from './deepgrow-pipeline';
import { runScanningWindow } from './sliding-window/scanning-window';
import { runStacked } from './simple';

/**
 * Sends the sample's input fields through the model and puts its outputs into the sample.
 * @returns number of the model's first post-transforms that its outputs have gone through already
 */
export async function runInferer(run: ModelRun): Promise<number> {
  const { spec, options } = run.job;
  const { inferer } = spec.inference;
  switch (inferer.kind) {
    case 'simple':
      await runStacked(run, [run.sample]);
      return 0;
    case 'scanning-window':
      return runScanningWindow(run, underRule(inferer, options.claraWindows));
    case 'pipeline':
      await runPipeline(run, inferer, runInferer);
      return 0;
  }
}

/** Clara's windows as the server setting has them: as they are, or those of MONAI, whose overlap the config's reader filled in. */
function underRule(inferer: ScanningWindowInferer, claraWindows: 'clara' | 'monai' = 'clara'): ScanningWindowInferer {
  return inferer.rule === 'clara' && claraWindows === 'monai' ? { ...inferer, rule: 'monai-0' } : inferer;
}
