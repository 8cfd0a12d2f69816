import { z } from 'zod';
import { fixedPolygons, job, jobList, polygonsPerSlice, resultJson } from '../../contract/jobs';
import {
  deepgrowParams,
  dextr3dParams,
  fixPolygonParams,
  inferenceParams,
  maskToPolygonParams,
  segmentationParams,
  type ParamsSchema,
} from '../../contract/params';
import { inferenceQuery, polygonsQuery } from '../../contract/queries';
import { queueErrors } from '../../jobs/error-codes';
import { imageJobErrors } from '../../pipeline/error-codes';
import { group, json, type Answer, type Endpoint } from '../endpoint';
import { callErrors, runInference, runPolygons } from '../handlers/inference';
import { cancelJob, getJob, listJobs } from '../handlers/jobs';
import { warningsHeader } from '../middleware/warnings';
import { imageErrors } from '../multipart/form-fields';

const { post } = group({ access: 'clients', origins: 'allowed', tag: 'inference' });
const polygons = group({ access: 'clients', origins: 'allowed', tag: 'polygons' });
const jobs = group({ access: 'clients', origins: 'allowed', tag: 'jobs' });
const operators = group({ access: 'operators', realm: 'logs', origins: 'named', tag: 'jobs' });

/** Mask and JSON, in the form that `output` names. */
export const result = (json: z.ZodType, description: string): Answer => ({
  description,
  headers: warningsHeader,
  content: {
    'multipart/form-data': { params: json, image: 'file' },
    'application/octet-stream': 'file',
    'application/json': json,
  },
});

function call(name: string, params: ParamsSchema, summary: string, example: string, description?: string): Endpoint {
  return post(`/v1/${name}`, summary, {
    job: true,
    description,
    query: inferenceQuery,
    body: {
      required: false,
      description:
        '`params` and the image as a file part of any name, or `params` alone where a session has the image. Several files of one name are the channels of the image; for models of nnU-Net files of numbered names too (`image0`, `image1`, …, or `image`, `image2`, …).',
      params,
      ahead: true,
      files: { image: 'NIfTI, NRRD, MetaImage, PNG, JPEG or DICOM, known by its content.' },
    },
    answer: result(
      resultJson,
      'The mask on the grid of the image and JSON: multipart with both, or one of them as `output` says. `Server-Timing` has the time of each stage.',
    ),
    errors: callErrors,
    curl: `-F params='${example}' -F image=@ct.nii.gz "$SERVER/v1/${name}?model=NAME&output=image" -o mask.nii.gz`,
    handler: runInference(name),
  });
}

const polygonErrors = [...imageErrors, ...queueErrors, ...imageJobErrors] as const;

export const inferenceEndpoints: readonly Endpoint[] = [
  call('segmentation', segmentationParams, 'Segment an image', '{}'),
  call(
    'dextr3d',
    dextr3dParams,
    'Segment an organ from its extreme points',
    '{"points":[[x,y,z],[x,y,z],[x,y,z],[x,y,z],[x,y,z],[x,y,z]]}',
  ),
  call('deepgrow', deepgrowParams, 'Segment what was clicked', '{"foreground":[[x,y,z]],"background":[]}'),
  call(
    'inference',
    inferenceParams,
    'Run any model',
    '{}',
    'As the others, for every type of model. One that makes no image (a classifier) answers with JSON.',
  ),
  polygons.post('/v1/mask2polygon', 'The borders of a mask, slice by slice', {
    job: true,
    query: polygonsQuery,
    body: {
      required: true,
      description: 'The mask as a file part of any name.',
      params: maskToPolygonParams,
      readByJob: true,
      files: { image: 'NIfTI or PNG; every voxel that is not 0 is foreground.' },
    },
    answer: json('Polygons of each slice.', polygonsPerSlice, warningsHeader),
    errors: polygonErrors,
    curl: `-F params='{"more_points":10}' -F image=@mask.nii.gz "$SERVER/v1/mask2polygon"`,
    handler: runPolygons('mask-to-polygon'),
  }),
  polygons.post('/v1/fixpolygon', 'Move one vertex of a polygon and its neighbours', {
    job: true,
    query: polygonsQuery,
    body: {
      required: true,
      description: 'Polygons and the move as `params`, the image as a file part of any name.',
      params: fixPolygonParams,
      readByJob: true,
      files: { image: 'The image the polygons lie on; only its grid is read.' },
    },
    answer: result(fixedPolygons, 'The polygons as `{"poly"}` and the mask they fill.'),
    errors: polygonErrors,
    curl: `-F params='{"poly":[[[1,1],[6,1],[6,6]]],"polygon_index":0,"vertex_index":1,"vertex_offset":[1,0]}' -F image=@slice.png "$SERVER/v1/fixpolygon?output=json"`,
    handler: runPolygons('fix-polygon'),
  }),
  operators.get('/v1/jobs', 'Inferences under way, and the last that ended', {
    polled: true,
    answer: json('Those under way from the oldest on, then the ended ones from the newest on.', jobList),
    handler: listJobs,
  }),
  jobs.get('/v1/jobs/:job', 'How far an inference is', {
    polled: true,
    description:
      'With `Accept: text/event-stream` an event `job` at once and with each change, at most ten a second; the last one when the job has ended. A job that is not there yet is waited for, 5 s.',
    answer: { description: 'The job.', content: { 'application/json': job, 'text/event-stream': z.string() } },
    errors: ['JOB_NOT_FOUND'],
    curl: '-N -H "Accept: text/event-stream" "$SERVER/v1/jobs/REQUEST_ID"',
    handler: getJob,
  }),
  jobs.del('/v1/jobs/:job', 'Cancel an inference', {
    description: 'Its client is answered with CANCELLED.',
    answer: json('It had ended already.', job),
    others: { 202: 'It ends as soon as it can be stopped: within one window. The body is the job.' },
    errors: ['JOB_NOT_FOUND'],
    handler: cancelJob,
  }),
];
