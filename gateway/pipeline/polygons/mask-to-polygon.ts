import { decodeAsFloat32 } from '../../imaging/formats/decode';
import { maskToPolygons } from '../../imaging/polygons/mask-to-polygons';
import type { StageClock } from '../../telemetry/stages';
import { RequestError, type Json } from '../../transforms/sample';
import type { PolygonJob } from '../job';
import { wholeNumber } from './params';

/** The borders of an uploaded mask in `polygons`, one entry per slice (`aiaa-api.md` §12.1). @throws RequestError for a bad `more_points` */
export async function maskToPolygon({ image, params }: PolygonJob, clock: StageClock) {
  const morePoints = wholeNumber(params, ['more_points', 'morePoints']) ?? 0;
  if (morePoints < 0) throw new RequestError(`more_points is ${morePoints}; expected 0 or more points to leave out`);
  const { volume, warnings } = await clock.measure('decode', () => decodeAsFloat32(image.path, image.name));
  const polygons = await clock.measure('polygons', () => maskToPolygons(volume, { morePoints }));
  return { json: { polygons: polygons as unknown as Json }, warnings: warnings };
}
