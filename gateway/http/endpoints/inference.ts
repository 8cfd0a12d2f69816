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
import { z } from 'zod';
import { queueErrors } from '../../jobs/error-codes';
import { imageJobErrors } from '../../pipeline/error-codes';
import { endpoint, type Answer, type Endpoint } from '../endpoint';
import { callErrors, runInference } from '../handlers/inference';
import { cancelJob, getJob, listJobs } from '../handlers/jobs';
import { runPolygons } from '../handlers/polygons';
import { warningsHeader } from '../middleware/warnings';
import { imageErrors } from '../multipart/form-fields';

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
  return endpoint({
    method: 'post',
    path: `/v1/${name}`,
    access: 'clients',
    job: true,
    tag: 'inference',
    summary,
    description,
    query: inferenceQuery,
    body: {
      required: false,
      description:
        '`params` and the image as a file part of any name, or `params` alone where a session has the image. Several files of one name are the channels of the image.',
      params,
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
  endpoint({
    method: 'post',
    path: '/v1/mask2polygon',
    access: 'clients',
    job: true,
    tag: 'polygons',
    summary: 'The borders of a mask, slice by slice',
    query: polygonsQuery,
    body: {
      required: true,
      description: 'The mask as a file part of any name.',
      params: maskToPolygonParams,
      files: { image: 'NIfTI or PNG; every voxel that is not 0 is foreground.' },
    },
    answer: {
      description: 'Polygons of each slice.',
      headers: warningsHeader,
      content: { 'application/json': polygonsPerSlice },
    },
    errors: polygonErrors,
    curl: `-F params='{"more_points":10}' -F image=@mask.nii.gz "$SERVER/v1/mask2polygon"`,
    handler: runPolygons('mask-to-polygon'),
  }),
  endpoint({
    method: 'post',
    path: '/v1/fixpolygon',
    access: 'clients',
    job: true,
    tag: 'polygons',
    summary: 'Move one vertex of a polygon and its neighbours',
    query: polygonsQuery,
    body: {
      required: true,
      description: 'Polygons and the move as `params`, the image as a file part of any name.',
      params: fixPolygonParams,
      files: { image: 'The image the polygons lie on; only its grid is read.' },
    },
    answer: result(fixedPolygons, 'The polygons as `{"poly"}` and the mask they fill.'),
    errors: polygonErrors,
    curl: `-F params='{"poly":[[[1,1],[6,1],[6,6]]],"polygon_index":0,"vertex_index":1,"vertex_offset":[1,0]}' -F image=@slice.png "$SERVER/v1/fixpolygon?output=json"`,
    handler: runPolygons('fix-polygon'),
  }),
  endpoint({
    method: 'get',
    path: '/v1/jobs',
    access: 'operators',
    realm: 'dashboard',
    polled: true,
    tag: 'jobs',
    summary: 'Inferences under way, and the last that ended',
    answer: {
      description: 'Those under way from the oldest on, then the ended ones from the newest on.',
      content: { 'application/json': jobList },
    },
    curl: '-u admin:PASSWORD "$SERVER/v1/jobs"',
    handler: listJobs,
  }),
  endpoint({
    method: 'get',
    path: '/v1/jobs/:job',
    access: 'clients',
    polled: true,
    tag: 'jobs',
    summary: 'How far an inference is',
    description:
      'With `Accept: text/event-stream` an event `job` at once and with each change, at most ten a second; the last one when the job has ended. A job that is not there yet is waited for, 5 s.',
    answer: { description: 'The job.', content: { 'application/json': job, 'text/event-stream': z.string() } },
    errors: ['JOB_NOT_FOUND'],
    curl: '-N -H "Accept: text/event-stream" "$SERVER/v1/jobs/REQUEST_ID"',
    handler: getJob,
  }),
  endpoint({
    method: 'delete',
    path: '/v1/jobs/:job',
    access: 'clients',
    tag: 'jobs',
    summary: 'Cancel an inference',
    description: 'Its client is answered with CANCELLED.',
    answer: { description: 'It had ended already.', content: { 'application/json': job } },
    others: { 202: 'It ends as soon as it can be stopped: within one window. The body is the job.' },
    errors: ['JOB_NOT_FOUND'],
    curl: '-X DELETE "$SERVER/v1/jobs/REQUEST_ID"',
    handler: cancelJob,
  }),
];
