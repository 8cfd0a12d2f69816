import { z } from 'zod';

// Bodies and answers of nnInteractive's protocol, as nninteractive-client 2.6 sends and reads them.

const ranPrediction = z.boolean().default(true);
const override = z.boolean().default(false);
const index = z.number().int();
const range = z.tuple([index, index]);

const prompt = {
  include_interaction: z.boolean(),
  run_prediction: ranPrediction,
  override_capability_checks: override,
};

export const pointPrompt = z.object({ coordinates: z.array(index).length(3), ...prompt });
export const boxPrompt = z.object({ bbox_coords: z.array(range).length(3), ...prompt });
export const maskPrompt = z.object({ ...prompt, interaction_bbox: z.array(range).length(3).nullish() });
export const initialMask = z.object({
  run_prediction: z.boolean().default(false),
  override_capability_checks: override,
});
export const imageMeta = z.object({
  image_properties: z.object({ spacing: z.array(z.number().positive().finite()).length(3).nullish() }).nullish(),
});
export const targetBuffer = z.object({
  shape: z.array(index.nonnegative()).length(3),
  dtype: z.enum(['uint8', 'bool', 'int8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64']),
});
export const autozoom = z.object({ do_autozoom: z.boolean() });
export const noFacts = z.looseObject({});
export const predictWish = z.object({ force_full_refine: z.boolean().default(false) });

// Bodies of the server of SlicerNNInteractive until 2026, and of itksnap-dls 0.1.6.

const corner = z.array(index).length(3);
export const slicerPoint = z.object({ voxel_coord: corner, positive_click: z.boolean() });
export const slicerBox = z.object({ outer_point_one: corner, outer_point_two: corner, positive_click: z.boolean() });
export const rawMetadata = z.object({
  dimensions: z.array(index.positive()).length(3),
  components_per_pixel: index.positive().default(1),
});
export const dlsModel = z.object({
  id: z.string(),
  channels: z.array(z.number()),
  dimensions: z.number(),
  interactions: z.array(z.enum(['point', 'box', 'scribble', 'lasso'])),
});
export const dlsMask = z.object({ status: z.literal('success'), result: z.string() });

export const claimed = z.object({
  lease_token: z.string(),
  idle_timeout_seconds: z.number(),
  liveness_timeout_seconds: z.number(),
  max_sessions: z.number(),
});
export const remaining = z.object({ remaining_seconds: z.number() });
export const leaseStatus = remaining.extend({ idle_timeout_seconds: z.number() });
export const imageShape = z.object({ original_image_shape: z.array(z.number()) });

const channels = z.tuple([z.number(), z.number()]);
export const capabilities = z.object({
  supported_interactions: z.object({
    points: z.boolean(),
    scribble: z.boolean(),
    lasso: z.boolean(),
    bbox2d: z.boolean(),
    bbox3d: z.boolean(),
  }),
  channel_mapping: z.object({
    prev_seg: z.number(),
    bbox2d: channels,
    bbox3d: channels,
    lasso: channels,
    points: channels,
    scribble: channels,
  }),
  num_interaction_channels: z.number(),
  supports_initial_label: z.boolean(),
  supports_zero_shot_label_refinement: z.boolean(),
  preferred_scribble_thickness: z.array(z.number()),
  interaction_decay: z.number().nullable(),
  inference_session_version: z.string(),
  license: z.string().nullable(),
  supports_undo: z.boolean(),
  do_autozoom: z.boolean(),
});
export type Capabilities = z.infer<typeof capabilities>;
