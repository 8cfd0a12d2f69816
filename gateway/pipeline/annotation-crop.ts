import { spacingOf } from '../imaging/geometry';
import { pasteNearest } from '../imaging/ops/resample/paste-nearest';
import { boxAroundPoints, cropResampled, pasteMap } from '../imaging/ops/crop/point-crop';
import { firstAxisFastest, sizeOf, type NumericArray, type Volume } from '../imaging/volume';
import { allocate } from '../arena';
import type { ModelSpec } from '../model-spec';
import { singleChannel } from '../transforms/channels';
import { fromFileIndex, toFileIndex } from '../transforms/points/index-space';
import { findTransform } from '../transforms/registry';
import { requestPoints } from '../transforms/request';
import { RequestError, type Sample } from '../transforms/sample';
import { say } from '../sentence';

/**
 * DExtr3D, the server's half: the image of an annotation model is cropped around the request's points and
 * resampled to the model's `roi`, exactly as clients do that work without a session; after the post-transforms the mask is put back. All
 * steps between see what they would see if the client had sent the crop.
 *
 * Nothing is done (undefined) for a model that is not meant for it (`withPointCrop` in `config/parse-model-config.ts`), a request without points, and an image
 * that has the size of the `roi` already: the client has cropped.
 *
 * @param sample after the steps that load the image
 * @returns the same sample with the crop in place of the image and the points in the crop's grid; `pasteBack` puts the result, and the points that
 * were found in it, back into the whole image
 * @throws RequestError when no point lies near the image
 */
export function cropToPoints(spec: ModelSpec, sample: Sample) {
  const { pointCrop, inputs } = spec.inference;
  const field = inputs[0]?.field ?? 'image';
  const given = sample.volumes.get(field);
  if (!pointCrop || given?.axes !== 'XYZ') return undefined;
  const whole = given;
  const { roi, padding } = pointCrop;
  const sent = requestPoints(sample.params, 'points', 3);
  if (!sent || sent.length === 0 || whole.shape.every((length, d) => length === roi[d])) return undefined;

  const points = sent.map((point) => fromFileIndex(point, whole.shape, whole));
  const box = boxAroundPoints(points, padding, whole.affine ? spacingOf(whole.affine) : [1, 1, 1], whole.shape);
  if (box.low.some((first, d) => box.high[d] <= first)) {
    const shown = JSON.stringify(sent).slice(0, 200);
    throw new RequestError(say`the points ${shown} lie outside the image, whose size is [${whole.shape.join(', ')}]`);
  }
  const properties = { ...whole.properties, originalShape: [...roi] };
  const crop: Volume = { ...cropResampled(whole, box, roi), properties };
  const inCrop = points.map((point) =>
    point.map((p, d) => Math.trunc(((p - box.low[d]) * roi[d]) / (box.high[d] - box.low[d]))),
  );
  // Transforms read points as indices of the file: here of the crop, as if it were one.
  const branch = sample.branch({ points: inCrop.map((point) => toFileIndex(point, roi, crop)) });
  branch.volumes.set(field, crop);
  return { sample: branch, pasteBack };

  function pasteBack(): void {
    const { writer, inference } = spec;
    const name = String(writer.args.field ?? writer.args.image ?? inference.outputs[0]?.field);
    const label = singleChannel(branch.volume(name), name);
    const type = label.data.constructor as Parameters<typeof allocate<NumericArray>>[0];
    const data = allocate(type, sizeOf(whole.shape));
    const result: Volume = { ...whole, data, strides: firstAxisFastest(whole.shape) };
    const along = (d: number) =>
      pasteMap(box.low[d], box.high[d], label.shape[label.axes.indexOf('XYZ'[d])], whole.shape[d]);
    pasteNearest(label, [along(0), along(1), along(2)], result);
    branch.volumes.set(name, result);

    for (const step of spec.post) {
      const key = findTransform(step.name)?.yieldsPoints?.(step.args);
      const found = key !== undefined && (branch.result[key] as number[][] | undefined);
      if (found) branch.result[key] = found.map(inWholeFile);
    }
  }

  /** A point of the result, as an index of the crop's file, as an index of the whole file: the voxel its middle falls into. */
  function inWholeFile(point: readonly number[]): number[] {
    const inCrop = fromFileIndex(point, crop.shape, crop);
    const inWhole = inCrop.map((p, d) => box.low[d] + Math.floor(((p + 0.5) * (box.high[d] - box.low[d])) / roi[d]));
    return toFileIndex(inWhole, whole.shape, whole);
  }
}
