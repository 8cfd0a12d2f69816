import { z } from 'zod';
import { optional } from './values';

/** Clara's shape formats (`transforms.md` §2.1). */
const shapeFormats = [
  'DHW',
  'DHWC',
  'CDHW',
  'NDHW',
  'NDHWC',
  'NCDHW',
  'HW',
  'HWC',
  'CHW',
  'NHW',
  'NHWC',
  'NCHW',
] as const;

/** `inference.image_format`: what the image's axes are where no pre-transform says so. */
export const imageFormat = optional(
  z.preprocess(
    (value) => (typeof value === 'string' ? value.toUpperCase() : value),
    z.enum(shapeFormats, { error: `one of ${shapeFormats.join(', ')}` }),
  ),
);
