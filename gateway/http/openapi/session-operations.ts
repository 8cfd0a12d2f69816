import { z } from 'zod';
import { seriesRequestSchema } from '../../sessions/pacs/series-request';
import { getSessionQuery, putSessionQuery } from '../handlers/sessions';
import { newSession, session } from '../../contract/sessions';
import { uploadErrors, warningsHeader, type Operation } from './operation';

const curlSession = '"$SERVER/session/ID"';

export const sessionOperations: readonly Operation[] = [
  {
    method: 'put',
    path: '/session',
    tag: 'sessions',
    summary: 'Keep an image here for the calls to come',
    description:
      'One image, or the files of one DICOM series, as file parts of any name; or JSON that says which PACS has the series.',
    query: putSessionQuery,
    body: {
      required: true,
      description: 'The image, or where it is.',
      files: { image: 'One image, or many parts with the files of one DICOM series.' },
      json: z.object({ dicom: seriesRequestSchema }),
    },
    answer: {
      description: 'The id to send as `session_id`.',
      headers: warningsHeader,
      content: { 'application/json': newSession },
    },
    errors: [
      'BAD_PARAMS',
      'NO_IMAGE',
      'TEXT_IN_PLACE_OF_FILE',
      'EMPTY_IMAGE',
      'UNREADABLE_IMAGE',
      'UNSUPPORTED_IMAGE',
      'PACS_FORBIDDEN',
      'PACS_NO_IMAGES',
      'PACS_FAILED',
      'PACS_UNREACHABLE',
      'PACS_TIMEOUT',
      'CANCELLED',
      ...uploadErrors,
    ],
    curl: '-X PUT -F image=@ct.nii.gz "$SERVER/session/?expiry=3600"',
  },
  {
    method: 'get',
    path: '/session/:id',
    tag: 'sessions',
    summary: 'What is known of a session',
    query: getSessionQuery,
    answer: { description: 'Its facts.', content: { 'application/json': session } },
    errors: ['SESSION_NOT_FOUND'],
    curl: curlSession,
  },
  {
    method: 'get',
    path: '/session/:id/image',
    tag: 'sessions',
    summary: 'The image of a session as NIfTI',
    description:
      'Whatever it was sent as; plain or gzip. Its voxels are in the order in which points of inference calls are counted.',
    answer: {
      description: 'The image.',
      headers: warningsHeader,
      content: { 'application/octet-stream': 'file' },
    },
    errors: ['SESSION_EXPIRED', 'UNREADABLE_IMAGE', 'UNSUPPORTED_IMAGE', 'CANCELLED'],
    curl: '"$SERVER/session/ID/image" -o image.nii',
  },
  {
    method: 'delete',
    path: '/session/:id',
    tag: 'sessions',
    summary: 'End a session',
    answer: { description: 'What it was.', content: { 'application/json': session } },
    errors: ['SESSION_NOT_FOUND'],
    curl: `-X DELETE ${curlSession}`,
  },
];
