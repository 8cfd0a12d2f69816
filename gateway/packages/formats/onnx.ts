import { messageOf } from '../../errors';
import { checkTensors } from '../check-io';
import type { InspectedModel, ModelFile, PackageBuilder } from '../package-builder';
import { randomWarning } from './file-facts';
import { openOnnxModel } from './onnx-model';
import { weightsFlaw } from './onnx-weights';

/** Operators that ONNX Runtime brings itself; others need a library, which uploads may not name. */
const knownDomain = /^$|^ai\.onnx(\.|$)|^com\.microsoft(\.|$)|^org\.pytorch(\.|$)/;

export const onnx: PackageBuilder = {
  title: 'an ONNX model',
  suffixes: ['.onnx'],
  platform: 'onnxruntime_onnx',
  backends: ['onnxruntime'],
  fileName: 'model.onnx',
  inspect,
};

async function inspect({ path, folder }: ModelFile): Promise<InspectedModel> {
  try {
    const { inputs, outputs, domains, externalFiles, trainingNodes } = await openOnnxModel(path);
    const io = { inputs, outputs };
    const flaw = await weightsFlaw(externalFiles, folder);
    const foreign = domains.filter((domain) => !knownDomain.test(domain));
    const warnings = foreign.length
      ? [`The model uses operators of ${foreign.join(', ')}, for which Triton would need a library; it may not load`]
      : [];
    return {
      io,
      errors: flaw === undefined ? [] : [flaw],
      warnings: [...warnings, ...randomWarning(trainingNodes)],
      compare: (config, inference) => checkTensors(config, io, inference),
    };
  } catch (error) {
    return { errors: [messageOf(error)], warnings: [] };
  }
}
