import type { z } from 'zod';
import { sliceSchema, windowSchema } from '../monai-bundle/inferer';
import { inferenceSchema as clara2 } from './clara-2';
import { inferenceSchema as clara3 } from './clara-3';
import { inferenceSchema as clara4 } from './clara-4';
import { inferenceSchema as clara4ea } from './clara-4-ea';
import { engineSchema } from './clara-4-engine';
import { claraKeys } from './head';
import { labelSchema } from '../label-schema';
import { aiaaArgs, claraArgs, pipelineArgs } from './inferer';
import { stepSchema } from '../transform-steps';
import { tritonSection } from './triton-section';

/** A part of a config as the reference shows it: the schema that it is read with. */
interface DocumentedSection {
  title: string;
  /** Where it lies in the config. */
  place: string;
  schema: z.ZodType;
}

/** Keys at the top of the configs of Clara 2, 3 and 4. */
export const topKeys: readonly string[] = [...claraKeys, 'cache_until'];

/** The parts of a config that are read with a schema, for the generated reference. */
export const documentedSections: readonly DocumentedSection[] = [
  {
    title: 'A label with codes',
    place: 'labels[] (instead of a name), channel_def of a MONAI bundle',
    schema: labelSchema,
  },
  { title: 'Clara 2', place: 'inference', schema: clara2 },
  { title: 'Clara 3', place: 'inference', schema: clara3 },
  { title: 'Clara 4, early access', place: 'inference', schema: clara4ea },
  { title: 'Clara 4', place: 'inference', schema: clara4 },
  { title: 'Clara 4: an engine', place: 'inference.AIAA, inference.TRITON', schema: engineSchema },
  { title: 'Arguments of the inferers of Clara 2 and 3', place: 'inference.args', schema: claraArgs },
  { title: 'Arguments of the inferers of Clara 4', place: 'inference.TRITON.args', schema: aiaaArgs },
  { title: 'Arguments of a pipeline', place: 'inference.TRITON.args', schema: pipelineArgs },
  { title: 'SlidingWindowInferer of a MONAI bundle', place: 'inferer', schema: windowSchema },
  { title: 'SliceInferer of a MONAI bundle', place: 'inferer', schema: sliceSchema },
  { title: "Triton's own", place: 'trtis, triton_model_config', schema: tritonSection },
  { title: 'A transform', place: 'pre_transforms[], post_transforms[]', schema: stepSchema },
];
