import { z } from 'zod';

/** A schema for a query; its own message refuses a value, and begins with what was expected. */
export type QuerySchema = z.ZodObject<Record<string, z.ZodType>>;

/** A text; a key that is there twice is refused. */
const text = (description: string) => z.string('expected one text').optional().describe(description);

/** One of these words. */
function choice<const T extends readonly [string, ...string[]]>(choices: T, description: string) {
  return z.enum(choices, `expected ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`).describe(description);
}

const limited = (most: number, what: string, description: string) =>
  z
    .string()
    .min(1, `expected ${what}`)
    .max(most, `expected at most ${most} characters`)
    .optional()
    .describe(description);

const session_id = text('The session whose image is meant; the body needs no file then.');
const output = choice(
  ['image', 'json', 'dicom_seg', 'all'],
  'What comes back: the bare file, plain JSON, a DICOM Segmentation of the series that the session was made of, or file and JSON as multipart.',
).default('all');
const segmentation = choice(
  ['binary', 'labelmap'],
  'With `output=dicom_seg`: `binary` (default), one frame of bits for each label in each slice, or `labelmap`, the newer Label Map Segmentation with the label values themselves.',
).optional();

/** `POST /v1/segmentation`, `/v1/inference`, `/v1/dextr3d`, `/v1/deepgrow`. */
export const inferenceQuery = z.object({
  model: z
    .string('the query names no model: add ?model=NAME (GET /v1/models lists the names)')
    .describe('Name of the model.'),
  session_id,
  output,
  segmentation,
});

/** `POST /infer/:model` of MONAI Label. */
export const monaiLabelQuery = z.object({
  session_id,
  output,
  segmentation,
  image: text(
    'ID of an image that this client put into the datastore, or SeriesInstanceUID of a series in the DICOMweb archive (`--dicomweb_url`). It is ignored beside a file or a session.',
  ),
});

const imageId = z
  .string('expected the ID of the image: add ?image=ID')
  .min(1, 'expected the ID of the image: add ?image=ID')
  .max(200, 'expected at most 200 characters')
  .describe('What the client calls the image.');

/** `PUT /datastore` of MONAI Label. */
export const datastoreQuery = z.object({ image: imageId });

/** `PUT /datastore/label` of MONAI Label. */
export const labelQuery = z.object({
  image: text('What the client calls the image.'),
  tag: text('Version of the label.'),
});

/** `POST /v1/mask2polygon`, `/v1/fixpolygon`. */
export const polygonsQuery = z.object({
  output: choice(['image', 'json', 'all'], 'What comes back: the bare file, plain JSON, or both as multipart.').default(
    'all',
  ),
});

/** `GET /v1/models`. */
export const modelsQuery = z.object({
  model: text('One model: the answer is its entry and no array.'),
  label: text('Models with such a label: the same name in any case, or a part of it from three characters on.'),
  type: text('Models of this type, in any case.'),
});

/** `GET /metrics/triton`. */
export const tritonMetricsQuery = z.object({
  server: z
    .enum(['triton', 'tensorflow'], 'expected triton or tensorflow')
    .default('triton')
    .describe('`tensorflow` is the Triton of TensorFlow models, where they have one of their own.'),
});

const expiryExpected = "expected seconds; 0 is the server's default";

/** `PUT /session/`. */
export const putSessionQuery = z.object({
  expiry: z.coerce
    .number(expiryExpected)
    .min(0, expiryExpected)
    .default(0)
    .describe("Seconds without use after which it ends, at most the server's; 0 is the server's."),
  save_as: choice(
    ['.nii', 'nii', '.nii.gz', 'nii.gz'],
    'Keep the image as NIfTI; `.nii` without compression.',
  ).optional(),
});

/** `GET /session/:id`. */
export const getSessionQuery = z.object({
  update_ts: text('`true` counts as a use.').meta({ examples: ['true'] }),
});

/** `PATCH` and `GET /admin/model/:name`. */
export const checkQuery = (description: string) => z.object({ check: text(description).meta({ examples: ['true'] }) });

const MOST_HOURS = 8784;
const hoursExpected = `expected a number of hours above 0, at most ${MOST_HOURS}`;

/** `GET /v1/dashboard/data`. */
export const dashboardQuery = z.object({
  hours: z.coerce
    .number(hoursExpected)
    .gt(0, hoursExpected)
    .max(MOST_HOURS, hoursExpected)
    .default(24)
    .describe('How far back the history goes.'),
});

/** Levels of the log, the most severe first. */
export const logLevels = ['error', 'warn', 'info', 'debug'];
export const MOST_LOG_LINES = 10_000;
const linesExpected = `expected a number from 0 to ${MOST_LOG_LINES}`;

/** `GET /logs`. */
export const logsQuery = z.object({
  lines: z.coerce
    .number(linesExpected)
    .int(linesExpected)
    .min(0, linesExpected)
    .default(100)
    .transform((lines) => Math.min(lines, MOST_LOG_LINES))
    .describe(`How many lines, at most ${MOST_LOG_LINES}.`),
  level: z
    .enum(logLevels, `expected one of ${logLevels.join(', ')}`)
    .optional()
    .describe('Least severe level of the lines.'),
  text: limited(200, 'a text', 'Text in the lines, in any case.'),
  request: limited(64, 'an id', 'Id of the request that the lines are of.'),
  before: z.iso
    .datetime({ offset: true, error: 'expected a time as in 2026-01-02T03:04:05.678Z' })
    .transform((time) => Date.parse(time))
    .optional()
    .describe('Only lines from before this time (ISO 8601).'),
});

const voxel = z.coerce.number('expected a voxel index').int('expected a voxel index');
const foreground = z
  .string()
  .regex(/^(?:true|1|on|yes|t|y|false|0|off|no|f|n)$/i, 'expected true or false')
  .optional()
  .describe('Whether what is meant is wanted; left out, it is not.');

/** A scribble or a lasso of ITK-SNAP. */
export const foregroundQuery = z.object({ foreground });

/** A click of ITK-SNAP: its first form, and its second. */
export const legacyClickQuery = z.object({ x: voxel, y: voxel, z: voxel, foreground });
export const clickQuery = z.object({
  point: z.array(voxel).length(3, 'expected three').describe('Three times: x, y and z.'),
  foreground,
});
