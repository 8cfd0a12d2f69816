import { spacingOf } from '../imaging/geometry';
import { pasteNearest } from '../imaging/ops/resample/paste-nearest';
import { boxAroundPoints, cropResampled, pasteMap, type PointBox } from '../imaging/ops/crop/point-crop';
import { firstAxisFastest, sizeOf, type NumericArray, type Volume } from '../imaging/volume';
import { allocate } from '../arena';
import type { ModelSpec } from '../model-spec';
import { singleChannel } from '../transforms/channels';
import { fromFileIndex, toFileIndex } from '../transforms/points/index-space';
import { findTransform } from '../transforms/registry';
import { requestPoints } from '../transforms/request';
import { RequestError, type Sample } from '../transforms/sample';

/** A job that goes on with a crop of its image. */
export interface AnnotationCrop {
  /** The same with the crop in place of the image, and the points in the crop's grid. */
  sample: Sample;
  /** Puts the result, and the points that were found in it, back into the whole image. */
  pasteBack(): void;
}

/**
 * DExtr3D, the server's half: the image of an annotation model is cropped around the request's points and
 * resampled to the model's `roi`, exactly as clients do that work without a session; after the post-transforms the mask is put back. All
 * steps between see what they would see if the client had sent the crop.
 *
 * Nothing is done (undefined) for a model that is not meant for it (`config/point-crop.ts`), a request without points, and an image
 * that has the size of the `roi` already: the client has cropped.
 *
 * @param sample after the steps that load the image
 * @throws RequestError when no point lies near the image
 */
export function cropToPoints(spec: ModelSpec, sample: Sample): AnnotationCrop | undefined {
  const { pointCrop, inputs } = spec.inference;
  const field = inputs[0]?.field ?? 'image';
  const whole = sample.volumes.get(field);
  if (!pointCrop || !whole || whole.axes !== 'XYZ') return undefined;
  const { roi, padding } = pointCrop;
  const sent = requestPoints(sample.params, 'points', 3);
  if (!sent || sent.length === 0 || whole.shape.every((length, d) => length === roi[d])) return undefined;

  const points = sent.map((point) => fromFileIndex(point, whole.shape, whole));
  const box = boxAroundPoints(points, padding, whole.affine ? spacingOf(whole.affine) : [1, 1, 1], whole.shape);
  if (box.low.some((first, d) => box.high[d] <= first))
    throw new RequestError(
      `the points ${JSON.stringify(sent).slice(0, 200)} lie outside the image, whose size is [${whole.shape.join(', ')}]`,
    );
  const crop = cropResampled(whole, box, roi);
  const loaded: Volume = { ...crop, properties: { ...whole.properties, originalShape: [...roi] } };
  const inCrop = points.map((point) =>
    point.map((p, d) => Math.trunc(((p - box.low[d]) * roi[d]) / (box.high[d] - box.low[d]))),
  );
  // Transforms read points as indices of the file: here of the crop, as if it were one.
  const branch = sample.branch({ points: inCrop.map((point) => toFileIndex(point, roi, loaded)) });
  branch.volumes.set(field, loaded);
  return { sample: branch, pasteBack: () => pasteBack(spec, branch, { whole, crop: loaded, box }) };
}

interface Cropped {
  whole: Volume;
  /** As loaded: before any transform. */
  crop: Volume;
  box: PointBox;
}

function pasteBack(spec: ModelSpec, sample: Sample, { whole, crop, box }: Cropped): void {
  const { field, image } = spec.writer.args;
  const name = String(field ?? image ?? spec.inference.outputs[0]?.field);
  const label = singleChannel(sample.volume(name), name);
  const type = label.data.constructor as Parameters<typeof allocate<NumericArray>>[0];
  const result: Volume = {
    ...whole,
    data: allocate(type, sizeOf(whole.shape)),
    strides: firstAxisFastest(whole.shape),
  };
  const along = (d: number) =>
    pasteMap(box.low[d], box.high[d], label.shape[label.axes.indexOf('XYZ'[d])], whole.shape[d]);
  pasteNearest(label, [along(0), along(1), along(2)], result);
  sample.volumes.set(name, result);

  for (const step of spec.post) {
    const key = findTransform(step.name)?.yieldsPoints?.(step.args);
    const points = key === undefined ? undefined : (sample.result[key] as number[][] | undefined);
    if (key !== undefined && points)
      sample.result[key] = points.map((point) => inWholeFile(point, { whole, crop, box }));
  }
}

/** A point of the result, as an index of the crop's file, as an index of the whole file: the voxel its middle falls into. */
function inWholeFile(point: readonly number[], { whole, crop, box }: Cropped): number[] {
  const inCrop = fromFileIndex(point, crop.shape, crop);
  const inWhole = inCrop.map(
    (p, d) => box.low[d] + Math.floor(((p + 0.5) * (box.high[d] - box.low[d])) / crop.shape[d]),
  );
  return toFileIndex(inWhole, whole.shape, whole);
}
