import type { Request, Response } from 'express';
import { z } from 'zod';
import type { PolygonJob } from '../../pipeline/job';
import type { InferenceService } from '../../jobs/service';
import { clientGone } from '../middleware/client-gone';
import { warnOfUnreadFields } from '../multipart/form-fields';
import { outputKey, uploadedImage } from './inference';
import { contextOf, jobOf, reportStages } from '../middleware/request-context';
import { fixPolygonParams, maskToPolygonParams, parseParams } from '../request-params';
import { readQuery } from '../request-query';
import { sendJson, sendResult } from './result-answer';
import { uploadOf } from '../multipart/upload';
import { warnClient } from '../middleware/warnings';

export const polygonsQuery = z.object({ output: outputKey });

const paramsOf = { 'mask-to-polygon': maskToPolygonParams, 'fix-polygon': fixPolygonParams };

/**
 * `POST /v1/mask2polygon`: a mask in, the borders of its slices out, as a plain JSON array (`aiaa-api.md` §5.2).
 * `POST /v1/fixpolygon`: polygons with one dragged vertex in, the polygons and their mask out, as an inference answers (§4.6).
 */
export function runPolygons(kind: PolygonJob['kind'], service: InferenceService) {
  return async function answerPolygons(request: Request, response: Response): Promise<void> {
    const { directory, fields, json } = uploadOf(request);
    const { output: form } = readQuery(polygonsQuery, request);
    const params = parseParams(fields.params ?? json, paramsOf[kind]);
    const job: PolygonJob = { kind, id: contextOf(request).id, image: uploadedImage(request), params, directory };
    warnOfUnreadFields(request, response, ['params']);
    const result = await service.run(job, clientGone(request, response), jobOf(request));
    reportStages(request, response);
    warnClient(request, response, result.warnings ?? []);
    if (kind === 'mask-to-polygon') sendJson(response, result.json.polygons);
    else await sendResult(response, result, form);
  };
}
