import type { ModelFormat } from './detect-format';
import { graphdef } from './formats/graphdef-model';
import { onnx } from './formats/onnx';
import { savedModel } from './formats/saved-model';
import { tensorrt } from './formats/tensorrt-plan';
import { torchscript } from './formats/torchscript-model';
import type { PackageBuilder } from './package-builder';

export const builders: Record<ModelFormat, PackageBuilder> = {
  onnx,
  torchscript,
  graphdef,
  tensorrt,
  savedmodel: savedModel,
};

/** "an ONNX model (.onnx), a TorchScript model (.pt, .ts), ..." */
export const acceptedFormats = Object.values(builders)
  .map(({ title, suffixes }) => `${title} (${suffixes.join(', ')})`)
  .join(', ');
