import { z } from 'zod';

/** The most that one request may bring; docs/reference/api.md lists these limits. The size of a whole upload and the times are settings. */
export const limits = {
  /** Files of a multipart body. A series has one for each slice. */
  files: 5000,
  /** Text fields of a form. */
  fields: 1000,
  /** Bytes of all text fields, and of a body that is not multipart: the thread that answers everybody holds and reads them. */
  textBytes: 1 << 20,
  /** Bytes of the parameters of calls with polygons, which go to the disk. */
  polygonBytes: 16 << 20,
  /** Values in parameters, but for polygons. */
  paramsValues: 100_000,
  /** Names of values in parameters. */
  paramsKeys: 10_000,
  /** Clicks or extreme points in one parameter. */
  points: 10_000,
  /** Vertices of all polygons in one parameter: those of a lung in a thin-slice CT are about 400 000. */
  vertices: 2_000_000,
} as const;

/** Old clients send a list as a string that holds it. */
export function asJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value.trim() === '') return null;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * A list, or a string that holds one. A list of more than `limit` is refused before its items are looked at, since this runs on the thread that
 * answers everybody, by an issue with `params: { count, limit }`.
 */
function listOf(item: z.ZodType, limit: number, count = (list: readonly unknown[]) => list.length) {
  return z.preprocess((sent, context) => {
    const list = asJson(sent);
    const found = Array.isArray(list) ? count(list) : 0;
    if (found > limit) context.addIssue({ code: 'custom', params: { count: found, limit } });
    return list;
  }, z.array(item).nullish());
}

const point = z.array(z.number()).min(1);
const pointList = listOf(point, limits.points);
const onePoint = listOf(z.unknown(), limits.points).pipe(z.union([point, z.array(point)]).nullish());
const polygonList = listOf(z.unknown(), limits.vertices, verticesIn);

/** Lists that begin with a number, at any depth of these lists. */
function verticesIn(list: readonly unknown[]): number {
  if (typeof list[0] === 'number') return 1;
  return list.reduce((sum: number, part) => sum + (Array.isArray(part) ? verticesIn(part) : 0), 0);
}

/** A value that the job reads itself: the document describes it, and a config may give its key another name. */
const described = (meta: z.core.GlobalMeta) => z.unknown().optional().meta(meta);

/** Parameters of every call to a model. */
const common = {
  nan: described({
    enum: ['min', 'zero', 'refuse'],
    default: 'min',
    description:
      'What becomes of voxels that are NaN or infinite: the smallest finite value, 0, or a refusal of the image. A warning tells their number. Models of nnU-Net refuse them by default.',
  }),
  result_extension: described({
    enum: ['.nii.gz', '.nii', '.nrrd', '.mha', '.png'],
    description: 'Format of the mask.',
  }),
  result_dtype: described({ examples: ['uint8', 'uint16'], description: 'Voxel type of the mask.' }),
  result_compress: described({ type: 'boolean', description: 'Compress the file.' }),
};

/** `/v1/segmentation`. A model's config may name more keys, so all of these objects are open. */
export const segmentationParams = z.looseObject({
  roi_subset: described({
    examples: [['liver', 'spleen']],
    description: 'Packs: names of the labels that are wanted, as a list. Only the parts that have them run.',
  }),
  remove_small_blobs: described({
    examples: [true, 500],
    description: 'Packs: components of a label up to so many mm³ are taken out; `true` means 200.',
  }),
  ...common,
});

/** `/v1/dextr3d`. */
export const dextr3dParams = z.looseObject({
  points: pointList.describe(
    'Extreme points of the organ: voxel indices [i, j, k] of the uploaded image, six or more.',
  ),
  ...common,
});

/** `/v1/deepgrow`. */
export const deepgrowParams = z.looseObject({
  foreground: pointList.describe('Clicks inside the organ: voxel indices [i, j, k].'),
  background: pointList.describe('Clicks outside of it.'),
  current_point: onePoint.describe('The last click, which says the slice of a 2D model.'),
  ...common,
});

/** `/v1/inference` and MONAI Label's `/infer/:model`: any model. */
export const inferenceParams = z.looseObject({ ...dextr3dParams.shape, ...deepgrowParams.shape });

/** `PUT /datastore` of MONAI Label. */
export const datastoreParams = z.looseObject({
  client_id: z
    .string()
    .max(200)
    .optional()
    .describe('What tells people behind one address apart: with each call the same.'),
});

/** `/v1/mask2polygon`. */
export const maskToPolygonParams = z.looseObject({
  more_points: described({
    type: 'integer',
    minimum: 0,
    description: 'Border pixels to leave out between two that are kept; 0 keeps all of them.',
  }),
});

const integer = (description: string) => described({ type: 'integer', description });

/** `/v1/fixpolygon`. */
export const fixPolygonParams = z.looseObject({
  poly: polygonList.describe('Polygons [[[x, y], …], …] before the move; for 3D a list of those per slice.'),
  prev_poly: polygonList.describe('Old clients: the polygons before the move, when poly holds them after it.'),
  vertex_offset: onePoint.describe('How far the vertex was moved: [dx, dy].'),
  dimension: integer('2 or 3.'),
  slice_index: integer('Slice of the moved vertex, from 0 (3D).'),
  polygon_index: integer('Polygon of the moved vertex, from 0.'),
  vertex_index: integer('The moved vertex, from 0.'),
  propagate_neighbor: integer('Neighbours on each side that move along.'),
  propagate_neighbor_3d: integer('Slices on each side that move along.'),
});

export type ParamsSchema = z.ZodObject<Record<string, z.ZodType>>;
