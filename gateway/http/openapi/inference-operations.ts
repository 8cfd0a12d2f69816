import { inferenceQuery, paramsOfEndpoint, type InferenceEndpoint } from '../handlers/inference';
import { polygonsQuery } from '../handlers/polygons';
import { fixPolygonParams, maskToPolygonParams } from '../request-params';
import { fixedPolygons, polygonsPerSlice, resultJson } from '../../contract/jobs';
import { jobErrors, modelErrors, uploadErrors, warningsHeader, type Operation } from './operation';

const errors = ['BAD_PARAMS', 'TOO_MANY_POINTS', ...modelErrors, ...jobErrors, ...uploadErrors] as const;

const result: Operation['answer'] = {
  description:
    'The mask on the grid of the image and JSON: multipart with both, or one of them as `output` says. `Server-Timing` has the time of each stage.',
  headers: warningsHeader,
  content: {
    'multipart/form-data': { params: resultJson, image: 'file' },
    'application/octet-stream': 'file',
    'application/json': resultJson,
  },
};

function call(endpoint: InferenceEndpoint, summary: string, params: string, description?: string): Operation {
  return {
    method: 'post',
    path: `/v1/${endpoint}`,
    tag: 'inference',
    summary,
    description,
    query: inferenceQuery,
    body: {
      required: false,
      description:
        '`params` and the image as a file part of any name, or `params` alone where a session has the image. Several files of one name are the channels of the image.',
      params: paramsOfEndpoint[endpoint],
      files: { image: 'NIfTI, NRRD, MetaImage, PNG, JPEG or DICOM, known by its content.' },
    },
    answer: result,
    errors,
    curl: `-F params='${params}' -F image=@ct.nii.gz "$SERVER/v1/${endpoint}?model=NAME&output=image" -o mask.nii.gz`,
  };
}

export const inferenceOperations: readonly Operation[] = [
  call('segmentation', 'Segment an image', '{}'),
  call(
    'dextr3d',
    'Segment an organ from its extreme points',
    '{"points":[[x,y,z],[x,y,z],[x,y,z],[x,y,z],[x,y,z],[x,y,z]]}',
  ),
  call('deepgrow', 'Segment what was clicked', '{"foreground":[[x,y,z]],"background":[]}'),
  call(
    'inference',
    'Run any model',
    '{}',
    'As the others, for every type of model. One that makes no image (a classifier) answers with JSON.',
  ),
  {
    method: 'post',
    path: '/v1/mask2polygon',
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
    errors: [
      'BAD_PARAMS',
      'NO_IMAGE',
      'TEXT_IN_PLACE_OF_FILE',
      'EMPTY_IMAGE',
      'UNSUPPORTED_IMAGE',
      ...jobErrors,
      ...uploadErrors,
    ],
    curl: `-F params='{"more_points":10}' -F image=@mask.nii.gz "$SERVER/v1/mask2polygon"`,
  },
  {
    method: 'post',
    path: '/v1/fixpolygon',
    tag: 'polygons',
    summary: 'Move one vertex of a polygon and its neighbours',
    query: polygonsQuery,
    body: {
      required: true,
      description: 'Polygons and the move as `params`, the image as a file part of any name.',
      params: fixPolygonParams,
      files: { image: 'The image the polygons lie on; only its grid is read.' },
    },
    answer: {
      description: 'The polygons as `{"poly"}` and the mask they fill.',
      headers: warningsHeader,
      content: {
        'multipart/form-data': { params: fixedPolygons, image: 'file' },
        'application/octet-stream': 'file',
        'application/json': fixedPolygons,
      },
    },
    errors: [
      'BAD_PARAMS',
      'TOO_MANY_POINTS',
      'NO_IMAGE',
      'TEXT_IN_PLACE_OF_FILE',
      'EMPTY_IMAGE',
      'UNSUPPORTED_IMAGE',
      ...jobErrors,
      ...uploadErrors,
    ],
    curl: `-F params='{"poly":[[[1,1],[6,1],[6,6]]],"polygon_index":0,"vertex_index":1,"vertex_offset":[1,0]}' -F image=@slice.png "$SERVER/v1/fixpolygon?output=json"`,
  },
];
