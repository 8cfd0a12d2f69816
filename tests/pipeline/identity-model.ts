import { offlineContext, type Predictor } from './offline-context';
import { runJob } from '../../gateway/pipeline/run-job';
import type { Job, JobResult } from '../../gateway/pipeline/job';
import { parseModelConfig } from '../../gateway/config/parse-model-config';
import { StageClock } from '../../gateway/telemetry/stages';
import type { Json } from '../../gateway/transforms/sample';
import { temporaryFolder } from '../imaging/formats/temporary-file';

export interface Chains {
  pre_transforms: object[];
  post_transforms: object[];
  writer: object;
}

/** Sends an image through chains around a model that answers what it is given, without Triton; `axes` is the rank of one item, channels included. */
export function throughIdentity(
  image: { path: string; name: string },
  { pre_transforms: pre, post_transforms: post, writer }: Chains,
  axes: number,
  params: Record<string, Json> = {},
  clock = new StageClock(),
): Promise<JobResult> {
  const tensor = (name: string) => ({ name, data_type: 'TYPE_FP32', dims: new Array<number>(axes).fill(-1) });
  const trtis = { platform: 'onnxruntime_onnx', max_batch_size: 1, input: [tensor('IN')], output: [tensor('OUT')] };
  const config = {
    version: '3',
    type: 'segmentation',
    labels: ['thing'],
    description: 'answers what it is given',
    pre_transforms: pre,
    inference: { name: 'TRTISInference', args: { scanning_window: false }, trtis },
    post_transforms: post,
    writer,
  };
  const job: Job = {
    id: 'identity',
    spec: parseModelConfig(config, 'identity'),
    modelVersion: '1',
    image,
    params,
    directory: temporaryFolder(),
    options: { resampling: 'half-pixel' },
  };
  const infer: Predictor = ({ inputs: [input] }) => Promise.resolve(new Map([['OUT', { ...input, name: 'OUT' }]]));
  return runJob(job, offlineContext(infer), clock);
}
