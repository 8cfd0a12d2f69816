// node samples/make-models.mjs: writes the networks of the samples again. Each is one convolution of 1 x 1 (x 1) voxels: enough to show how a model of its kind is served.
import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytes, FLOAT, floatBytes, integer, message, modelOf, node, tensor, text } from './support/onnx.mjs';

const planar = ['h', 'w'];
const spatial = ['x', 'y', 'z'];

/** Network of each folder, by the file it is written to. */
export const models = {
  // Background against what is brighter than half of the intensity range.
  'segmentation/model.onnx': () => voxelwise('LOGITS', spatial, [[-1], [1]], [0.5, -0.5]),
  // Channels are the image and the heat of the extreme points; what is brighter than the mean of the crop is the organ.
  'annotation/model.onnx': () =>
    voxelwise('LOGITS', spatial, [
      [-1, 0],
      [1, 0],
    ]),
  // Channels are the image, the heat of foreground clicks and that of background clicks.
  'deepgrow_2d/model.onnx': () => voxelwise('OUTPUT__0', planar, [[0, 1000, -1000]], [-4], 'INPUT__0'),
  'deepgrow_3d/model.onnx': () => voxelwise('OUTPUT__0', spatial, [[0, 1000, -1000]], [-4], 'INPUT__0'),
  // Mean brightness against two classes.
  'classification/model.onnx': () => classifier([[4], [-4]], [-2, 2]),
  'monai_bundle/models/model.onnx': () => voxelwise('pred', spatial, [[-1], [1]], [0.5, -0.5], 'image'),
};

/** Scores of each output channel, a weighted sum of the input channels of the same voxel plus a bias. */
function voxelwise(output, axes, weights, biases = weights.map(() => 0), input = 'INPUT') {
  const kernel = [weights.length, weights[0].length, ...axes.map(() => 1)];
  return modelOf([
    node('Conv', [input, 'weights', 'biases'], output),
    text(2, 'sample'),
    constant('weights', kernel, weights.flat()),
    constant('biases', [biases.length], biases),
    tensor(11, input, ['batch', weights[0].length, ...axes]),
    tensor(12, output, ['batch', weights.length, ...axes]),
  ]);
}

/** One probability per class of an image of one channel. */
function classifier(weights, biases) {
  return modelOf([
    node('GlobalAveragePool', ['INPUT'], 'mean'),
    node('Conv', ['mean', 'weights', 'biases'], 'scores'),
    node('Sigmoid', ['scores'], 'probabilities'),
    node('Flatten', ['probabilities'], 'OUTPUT'),
    text(2, 'sample'),
    constant('weights', [weights.length, 1, 1, 1], weights.flat()),
    constant('biases', [biases.length], biases),
    tensor(11, 'INPUT', ['batch', 1, ...planar]),
    tensor(12, 'OUTPUT', ['batch', weights.length]),
  ]);
}

/** A TensorProto of FP32 among the initializers. */
function constant(name, dims, values) {
  const shape = dims.map((length) => integer(1, length));
  return message(5, ...shape, integer(2, FLOAT), text(8, name), bytes(9, Buffer.concat(values.map(floatBytes))));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, make] of Object.entries(models)) writeFileSync(join(dirname(process.argv[1]), file), make());
}
