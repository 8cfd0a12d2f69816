import { z } from 'zod';
import { fail, messageOf } from '../errors';
import type { Json, RequestParams } from '../pipeline/job';
import { withoutMark } from '../text';
import { limits } from './multipart/limits';

const SHOWN = 200;
/** Polygons of slices need 5; what is deeper cannot be handed to a thread. */
const MAX_DEPTH = 64;

/** Old clients send a list as a string that holds it (`aiaa-api.md` §4.7). */
function asJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value.trim() === '') return null;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * A list, or the text of one. What is more than `limit` is refused before its items are looked at, since this runs on the thread that answers
 * everybody, and in the form that {@link parseParams} turns into TOO_MANY_POINTS.
 */
function listOf<T extends z.ZodType>(item: T, limit: number, count: (list: readonly unknown[]) => number) {
  return z.preprocess((sent, context) => {
    const list = asJson(sent);
    const found = Array.isArray(list) ? count(list) : 0;
    if (found > limit) context.addIssue({ code: 'custom', params: { count: found, limit } });
    return list;
  }, z.array(item).nullish());
}

const point = z.array(z.number()).min(1);
const pointList = listOf(point, limits.points, (list) => list.length);
const onePoint = z.preprocess(asJson, z.union([point, z.array(point)]).nullish());
const polygonList = listOf(z.unknown(), limits.vertices, verticesIn);

/** Lists that begin with a number, among these lists of whatever depth. */
function verticesIn(list: readonly unknown[]): number {
  if (typeof list[0] === 'number') return 1;
  return list.reduce((sum: number, part) => sum + (Array.isArray(part) ? verticesIn(part) : 0), 0);
}

/** What of a mask's file the caller may choose. The writer reads them, since a config can give them other names. */
const resultFile = {
  result_extension: z
    .unknown()
    .optional()
    .meta({
      enum: ['.nii.gz', '.nii', '.nrrd', '.mha', '.png'],
      description: 'Format of the mask.',
    }),
  result_dtype: z
    .unknown()
    .optional()
    .meta({
      examples: ['uint8', 'uint16'],
      description: 'Voxel type of the mask.',
    }),
  result_compress: z.unknown().optional().meta({ type: 'boolean', description: 'Compress the file.' }),
};

/** How the image is read. */
const imageReading = {
  nan: z
    .unknown()
    .optional()
    .meta({
      enum: ['min', 'zero', 'refuse'],
      default: 'min',
      description:
        'What becomes of voxels that are NaN or infinite: the smallest finite value, 0, or a refusal of the image. A warning tells their number.',
    }),
};

/** `/v1/segmentation`. A model's config may name more keys; so every object of params is open. */
export const segmentationParams = z.looseObject({ ...imageReading, ...resultFile });

/** `/v1/dextr3d`. Native clients send six points or more. */
export const dextr3dParams = z.looseObject({
  points: pointList.describe(
    'Extreme points of the organ: voxel indices [i, j, k] of the uploaded image, six or more.',
  ),
  ...imageReading,
  ...resultFile,
});

/** `/v1/deepgrow`. */
export const deepgrowParams = z.looseObject({
  foreground: pointList.describe('Clicks inside the organ: voxel indices [i, j, k].'),
  background: pointList.describe('Clicks outside of it.'),
  current_point: onePoint.describe('The last click, which says the slice of a 2D model.'),
  ...imageReading,
  ...resultFile,
});

/** `/v1/inference` and MONAI Label's `/infer/:model`: whatever the model wants. */
export const inferenceParams = z.looseObject({ ...dextr3dParams.shape, ...deepgrowParams.shape });

/** `/v1/mask2polygon`. */
export const maskToPolygonParams = z.looseObject({
  more_points: z.unknown().optional().meta({
    type: 'integer',
    minimum: 0,
    description: 'Border pixels to leave out between two that are kept; 0 keeps all of them.',
  }),
});

/** `/v1/fixpolygon` (`aiaa-api.md` §4.6). */
export const fixPolygonParams = z.looseObject({
  poly: polygonList.describe('Polygons [[[x, y], …], …] before the move; for 3D a list of those per slice.'),
  prev_poly: polygonList.describe('Old clients: the polygons before the move, when poly holds them after it.'),
  vertex_offset: onePoint.describe('How far the vertex was moved: [dx, dy].'),
  ...Object.fromEntries(
    Object.entries({
      dimension: '2 or 3.',
      slice_index: 'Slice of the moved vertex, from 0 (3D).',
      polygon_index: 'Polygon of the moved vertex, from 0.',
      vertex_index: 'The moved vertex, from 0.',
      propagate_neighbor: 'Neighbours on each side that move along.',
      propagate_neighbor_3d: 'Slices on each side that move along.',
    }).map(([name, description]) => [name, z.unknown().optional().meta({ type: 'integer', description })]),
  ),
});

export type ParamsSchema = z.ZodObject<Record<string, z.ZodType>>;

/**
 * The client's `params`: JSON text of an object that fits the schema, as it was sent. Absent, empty and `null` (OHIF) mean none.
 * @throws BAD_PARAMS showing what was sent, TOO_MANY_POINTS
 */
export function parseParams(text: string | undefined, schema: ParamsSchema = z.looseObject({})): RequestParams {
  if (text === undefined || text.trim() === '') return {};
  const value = parse(text);
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw fail('BAD_PARAMS', {
      what: `params is ${shorten(text)}, expected a JSON object such as {} or {"points": [[x, y, z]]}`,
    });
  }
  if (isDeeper(value, MAX_DEPTH)) {
    throw fail('BAD_PARAMS', { what: `params has more than ${MAX_DEPTH} levels of brackets: ${shorten(text)}` });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw paramError(parsed.error.issues[0], value);
  return value;
}

function paramError({ path, ...issue }: z.core.$ZodIssue, params: RequestParams): Error {
  const name = String(path[0]);
  if (issue.code === 'custom') return fail('TOO_MANY_POINTS', { name, ...issue.params });
  const value = params[name];
  if (typeof value === 'string' && asJson(value) === value)
    return fail('BAD_PARAMS', { what: `the parameter "${name}" is a string that is not JSON: ${shorten(value)}` });
  const sent = shorten(JSON.stringify(value));
  return fail('BAD_PARAMS', { what: `the parameter "${name}" must be ${expectedOf(name)}, got ${sent}` });
}

function expectedOf(name: string): string {
  if (/poly$/.test(name)) return 'a list of polygons [[[x, y], …], …]';
  if (name === 'vertex_offset') return 'two numbers [dx, dy]';
  return name === 'current_point' ? 'a point [i, j, k]' : 'a list of points [[i, j, k], …] in numbers';
}

function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner as Json, levels - 1));
}

function parse(text: string): Json {
  try {
    return JSON.parse(withoutMark(text)) as Json;
  } catch (error) {
    throw fail('BAD_PARAMS', { what: `params is not JSON (${messageOf(error)}): ${shorten(text)}` }, { cause: error });
  }
}

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
