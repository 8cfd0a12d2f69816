import type { Request, Response } from 'express';
import type { PolygonJob } from '../inference/job';
import type { InferenceService } from '../inference/service';
import { clientGone } from './client-gone';
import { outputForm, uploadedImage } from './inference';
import { contextOf, reportStages } from './request-context';
import { parseParams } from './request-params';
import { sendJson, sendResult } from './result-answer';
import { uploadOf } from './upload';

/**
 * `POST /v1/mask2polygon`: a mask in, the borders of its slices out, as a plain JSON array (`aiaa-api.md` §5.2).
 * `POST /v1/fixpolygon`: polygons with one dragged vertex in, the polygons and their mask out, as an inference answers (§4.6).
 */
export function runPolygons(kind: PolygonJob['kind'], service: InferenceService) {
  return async function answerPolygons(request: Request, response: Response): Promise<void> {
    const { directory, fields, files, json } = uploadOf(request);
    const form = outputForm(request);
    const params = parseParams(fields.params ?? json);
    const job: PolygonJob = { kind, id: contextOf(request).id, image: uploadedImage(files), params, directory };
    const result = await service.run(job, clientGone(request, response));
    reportStages(request, response, result.stages);
    if (kind === 'mask-to-polygon') sendJson(response, result.json.polygons);
    else await sendResult(response, result, form);
  };
}
