import { allocate } from '../../arena';
import { decodeAsFloat32, decodeImage, isPicture, type DecodedImage } from '../../imaging/formats/decode';
import { niftiGridOf } from '../../imaging/formats/nifti/result-geometry';
import { encodeNifti } from '../../imaging/formats/nifti/write-nifti';
import { encodePng } from '../../imaging/formats/png';
import { fillPolygons } from '../../imaging/polygons/fill-polygons';
import { maskToPolygons } from '../../imaging/polygons/mask-to-polygons';
import { moveVertex } from '../../imaging/polygons/move-vertex';
import type { SlicePolygons } from '../../imaging/polygons/mask-to-polygons';
import { spatialShape, type Volume } from '../../imaging/volume';
import type { StageClock } from '../../telemetry/stages';
import { RequestError } from '../../transforms/sample';
import { translate } from '../chain';
import type { JobResult, PolygonJob } from '../job';
import { keepResult } from '../result-file';
import { readPolygonFix, type PolygonFix, wholeNumber } from './params';
import { say } from '../../sentence';

/** Runs a job on polygons; `clock` receives the time of its stages. */
export function runPolygonJob(job: PolygonJob, clock: StageClock): Promise<JobResult> {
  const task = job.kind === 'fix-polygon' ? fixPolygon : maskToPolygon;
  return translate(job, (): Promise<JobResult> => task(job, clock));
}

/** The borders of an uploaded mask as a file of JSON, one entry per slice. @throws RequestError for a bad `more_points` */
async function maskToPolygon({ image, params, directory }: PolygonJob, clock: StageClock) {
  const morePoints = wholeNumber(params, ['more_points', 'morePoints']) ?? 0;
  if (morePoints < 0) throw new RequestError(say`more_points is ${morePoints}; expected 0 or more points to leave out`);
  const { volume, warnings } = await clock.measure('decode', () => decodeAsFloat32(image.path, image.name));
  const polygons = await clock.measure('polygons', () => maskToPolygons(volume, { morePoints }));
  const about = { directory, name: 'polygons.json', contentType: 'application/json' };
  return { file: await keepResult(Buffer.from(JSON.stringify(polygons)), about), json: {}, warnings };
}

/**
 * Moves a vertex and draws all polygons into a mask (value 1) on the grid of the image: `poly` in the JSON, PNG for a picture, NIfTI for a scan.
 *
 * @throws RequestError when the params do not fit the image
 */
async function fixPolygon({ image, params, directory }: PolygonJob, clock: StageClock) {
  const fix = readPolygonFix(params);
  const decoded = await clock.measure('decode', () => decodeImage(image.path, image.name));
  const [rows, columns, depth = 1] = spatialShape(decoded.volume);
  const polygons = await clock.measure('polygons', () => {
    checkSlices(fix, depth);
    return moveVertex(fix.slices, fix.move, [columns, rows]);
  });
  const file = await clock.measure('write', () => writeMask(polygons, decoded, directory));
  const poly = fix.dimension === 3 ? polygons : polygons[0];
  return { file, json: {}, jsonText: JSON.stringify({ poly }), warnings: decoded.warnings };
}

function checkSlices({ slices, dimension }: PolygonFix, depth: number): void {
  if (dimension === 2 && depth > 1)
    throw new RequestError(
      say`poly holds the polygons of one slice, but the image has ${depth} slices; send dimension 3`,
    );
  if (slices.length > depth) throw new RequestError(say`poly has ${slices.length} slices, but the image has ${depth}`);
}

async function writeMask(polygons: readonly SlicePolygons[], { volume, format }: DecodedImage, directory: string) {
  const mask = drawMask(polygons, volume);
  if (isPicture(format))
    return keepResult(encodePng(mask), { directory, name: 'result.png', contentType: 'image/png' });
  const bytes = await encodeNifti(mask, { dtype: 'uint8', image: niftiGridOf(volume.properties) });
  return keepResult(bytes, { directory, name: 'result.nii.gz', contentType: 'application/octet-stream' });
}

/** Columns fastest, as polygons are filled; the encoders bring the voxels into their own order. */
function drawMask(polygons: readonly SlicePolygons[], { affine, properties, ...like }: Volume): Volume {
  const [rows, columns, depth] = spatialShape(like);
  const pixels = rows * columns;
  const data = allocate(Uint8Array, pixels * (depth ?? 1));
  polygons.forEach((slice, k) => fillPolygons(data.subarray(k * pixels, (k + 1) * pixels), columns, slice));
  return depth === undefined
    ? { data, shape: [rows, columns], strides: [columns, 1], axes: 'XY', affine, properties }
    : { data, shape: [rows, columns, depth], strides: [columns, 1, pixels], axes: 'XYZ', affine, properties };
}
