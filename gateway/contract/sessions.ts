import { z } from 'zod';

export const sessionInfo = z.object({
  name: z.string(),
  image: z.string(),
  channels: z
    .array(z.string())
    .optional()
    .describe('Names of the images whose channels it is made of, the first one included.'),
  meta: z.object({
    format: z.string(),
    picture: z
      .boolean()
      .optional()
      .describe('True for PNG, JPEG, TIFF and BMP: an image without a place in the patient.'),
    shape: z.array(z.number()).optional().describe('Voxels along each axis; absent for an image kept as it came.'),
    files: z.number().optional().describe('DICOM files it was made of.'),
  }),
  create_ts: z.number().describe('Seconds since 1970.'),
  last_access_ts: z.number(),
  expiry: z.number().describe('Seconds without use after which it ends.'),
  warnings: z.array(z.string()).describe('How the image was read, where that may surprise; repeated with each call.'),
});
export type SessionInfo = z.infer<typeof sessionInfo>;

/** `PUT /session/`. */
export const newSession = z.object({ session_id: z.string(), session_info: sessionInfo });
export type NewSession = z.infer<typeof newSession>;

/** `GET` and `DELETE /session/:id`: the facts stand at the top for MONAI Label's clients and in `session_info` for AIAA's. */
export const session = newSession.extend(sessionInfo.shape);

/** `PUT /datastore` of MONAI Label. */
export const storedImage = z.object({ image: z.string().describe('The ID, as it was sent.') });

/** `GET /auth` of MONAI Label. */
export const signInAnswer = z.object({ enabled: z.literal(false) });

/** `GET /samples`: images that everybody may try models on. */
export const sample = z.object({ name: z.string(), bytes: z.number() });
export type Sample = z.infer<typeof sample>;
