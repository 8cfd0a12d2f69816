import type { z } from 'zod';
import { clara2, clara3, clara4, clara4EarlyAccess, engineSchema } from './clara/dialects';
import { aiaaArgs, claraArgs, pipelineArgs } from './clara/inferer';
import { tritonSection } from './clara/triton-section';
import { labelSchema } from './labels';
import { packSchema } from './pack/pack';
import { sliceSchema, windowSchema } from './monai-bundle/inferer';
import { nnunetArgs, NNUNET_INFERENCE } from './nnunet/inferer';
import { stepSchema } from './transform-steps';

export { topKeys } from './clara/clara';

/** The parts of a config that are read with a schema, for the generated reference: title, place in the config, schema. */
const sections: [title: string, place: string, schema: z.ZodType][] = [
  ['A label with codes', 'labels[] (instead of a name), channel_def of a MONAI bundle', labelSchema],
  ['Clara 2', 'inference', clara2.inference],
  ['Clara 3', 'inference', clara3.inference],
  ['Clara 4, early access', 'inference', clara4EarlyAccess.inference],
  ['Clara 4', 'inference', clara4.inference],
  ['Clara 4: an engine', 'inference.AIAA, inference.TRITON', engineSchema],
  ['Arguments of the inferers of Clara 2 and 3', 'inference.args', claraArgs],
  ['Arguments of the inferers of Clara 4', 'inference.TRITON.args', aiaaArgs],
  [`Arguments of ${NNUNET_INFERENCE}`, 'inference.TRITON.args', nnunetArgs],
  ['Arguments of a pipeline', 'inference.TRITON.args', pipelineArgs],
  ['SlidingWindowInferer of a MONAI bundle', 'inferer', windowSchema],
  ['SliceInferer of a MONAI bundle', 'inferer', sliceSchema],
  ['A pack of models of nnU-Net', 'the top, beside "type": "pack"', packSchema],
  ["Triton's own", 'trtis, triton_model_config', tritonSection],
  ['A transform', 'pre_transforms[], post_transforms[]', stepSchema],
];

export const documentedSections = sections.map(([title, place, schema]) => ({ title, place, schema }));
