import type { z } from 'zod';
import type { polygonsQuery } from '../../contract/queries';
import type { PolygonJob } from '../../pipeline/job';
import type { UploadCall } from '../endpoint';
import { clientGone } from '../middleware/client-gone';
import { reportStages } from '../middleware/request-run';
import { warnClient } from '../middleware/warnings';
import { uploadedImage, warnOfUnreadFields } from '../multipart/form-fields';
import type { Services } from '../services';
import { sendJson, sendResult } from './result-answer';

/**
 * `POST /v1/mask2polygon`: a mask in, the borders of its slices out, as a plain JSON array.
 * `POST /v1/fixpolygon`: polygons with one dragged vertex in, the polygons and their mask out, as an inference answers.
 */
export function runPolygons(kind: PolygonJob['kind']) {
  return async function answerPolygons(
    call: UploadCall<never, z.output<typeof polygonsQuery>>,
    { service }: Services,
  ): Promise<void> {
    const { request, response, upload, params, query } = call;
    const { directory } = upload;
    const job: PolygonJob = { kind, id: request.run.id, image: uploadedImage(upload), params, directory };
    warnOfUnreadFields(call, ['params']);
    const result = await service.run(job, clientGone(request, response), request.run);
    reportStages(request, response);
    warnClient(request, response, result.warnings ?? []);
    if (kind === 'mask-to-polygon') sendJson(response, result.json.polygons);
    else await sendResult(response, result, query.output);
  };
}
