import { open } from 'node:fs/promises';
import type { InspectedModel, ModelFile, ModelFileFormat } from '../model-file-format';
import { readAt } from '../read-at';

const TAG = 'ftrt';
const HEAD_BYTES = 28;

/**
 * The TensorRT that made a plan, such as `10.3.0.26`; undefined where the plan does not tell. Layout as `trtexec --getPlanVersionOnly` reads
 * it: the tag, a serialization version of 0 (uint32), and four bytes at 24; plans of before TensorRT 8.6 and later serializations differ.
 */
export async function planVersion(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const head = await readAt(file, 0, HEAD_BYTES);
    if (head.length < HEAD_BYTES || head.toString('latin1', 0, 4) !== TAG || head.readUInt32LE(4) !== 0)
      return undefined;
    const numbers = [...head.subarray(24, 28)];
    return numbers[0] > 0 ? numbers.join('.') : undefined;
  } finally {
    await file.close();
  }
}

export const tensorrt: ModelFileFormat = {
  title: 'a TensorRT plan',
  suffixes: ['.plan'],
  platform: 'tensorrt_plan',
  backends: ['tensorrt'],
  fileName: 'model.plan',
  tellsTensors: true,
  inspect,
};

/** A plan names its tensors only inside the engine: Triton reads them when it loads the model. */
async function inspect({ path }: ModelFile): Promise<InspectedModel> {
  const version = await planVersion(path);
  const made = version
    ? `The TensorRT plan was made by TensorRT ${version}`
    : 'The TensorRT plan does not tell its version';
  const bound = `${made}; it runs only with that release and the kind of GPU that made it. If Triton refuses it, upload the ONNX model it was made from`;
  return { warnings: [bound], foreign: () => ['a TensorRT plan is code for a GPU, which cannot be looked into'] };
}
