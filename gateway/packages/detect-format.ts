import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { outlineMessage, type MessageOutline } from './formats/wire';
import { decodeTensorFlow, type GraphNode } from './tensorflow/graph';
import { messageOf } from '../errors';
import { DamagedArchive, UnsafeArchive } from './archives/limits';
import { isTar } from './archives/tar';
import { zipNames } from './archives/zip';
import { readAt } from './read-at';

/** The formats that Triton serves from one file, or from one folder (`savedmodel`). */
export type ModelFormat = 'onnx' | 'torchscript' | 'graphdef' | 'tensorrt' | 'savedmodel';

/**
 * The format of a file, or something else in words ("a text file"), with advice where there is one. Something else may be
 * an archive in which a model lies, or a checkpoint of PyTorch, of which those of nnU-Net are served.
 */
export type DetectedFormat =
  | { format: ModelFormat; sure: boolean }
  | { found: string; advice?: string; archive?: 'zip' | 'tar' | 'gzip'; checkpoint?: true };

/** More entries than any model has. */
const MAX_ENTRIES = 100_000;

const HEAD_BYTES = 64 * 1024;

/**
 * The kind of model in a file: by its content, for names lie and uploads lose them; the suffix decides only for TensorRT plans,
 * whose first bytes changed between versions.
 */
export async function detectFormat(path: string, originalName: string): Promise<DetectedFormat> {
  if ((await stat(path)).isDirectory()) {
    const names = await readdir(path);
    if (names.includes('saved_model.pb')) return { format: 'savedmodel', sure: true };
    return { found: `a folder (${names.slice(0, 3).join(', ')})` };
  }
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const head = await readAt(file, 0, Math.min(size, HEAD_BYTES));
    return (await byContent(file, head, size)) ?? bySuffix(originalName);
  } finally {
    await file.close();
  }
}

async function byContent(file: FileHandle, head: Buffer, size: number): Promise<DetectedFormat | undefined> {
  if (size === 0)
    return {
      found: 'an empty file (0 bytes)',
      advice: 'was it still being written, or is it a link that was not followed?',
    };
  const start = head.toString('latin1', 0, 8);
  if (start.startsWith('PK\x03\x04')) return zipContent(file, size);
  if (/^[pf]trt/.test(start)) return { format: 'tensorrt', sure: true };
  if (start.endsWith('TFL3')) return { found: 'a TensorFlow Lite model' };
  const [, found, advice] = signatures.find(([bytes]) => start.startsWith(bytes)) ?? [];
  if (found) return { found, advice, archive: start.startsWith('\x1f\x8b') ? 'gzip' : undefined };
  if (await isTar(head)) return { found: 'a tar archive', archive: 'tar' };
  return textContent(head) ?? protobufContent(head, outlineMessage(head, size));
}

/** TorchScript and plain checkpoints are both zips by PyTorch; only the first has code and constants. Other zips are archives. */
async function zipContent(file: FileHandle, size: number): Promise<DetectedFormat> {
  let names: string[];
  try {
    names = await zipNames(file, size, MAX_ENTRIES);
  } catch (error) {
    if (error instanceof UnsafeArchive) return { found: 'a zip archive of too many files', archive: 'zip' };
    if (!(error instanceof DamagedArchive)) throw error;
    return { found: `a zip file that is not whole (${messageOf(error)})`, advice: 'upload it again' };
  }
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/^([^/]+\/)?constants\.pkl$/)) return { format: 'torchscript', sure: true };
  if (has(/^([^/]+\/)?data\.pkl$/)) {
    return {
      found: 'a PyTorch checkpoint (weights without the network)',
      advice: 'export the network as TorchScript (torch.jit.trace or torch.jit.script, then save) or as ONNX',
      checkpoint: true,
    };
  }
  if (has(/^([^/]+\/)?((serialized_exported_program|archive_format)(\.json)?|models\/[^/]+\.json)$/)) {
    return { found: 'a PyTorch exported program (.pt2)', advice: 'export the network as TorchScript or ONNX' };
  }
  const some = names.slice(0, 3).join(', ');
  return { found: `a zip archive (${some}${names.length > 3 ? ', ...' : ''})`, archive: 'zip' };
}

const PACK = 'pack the same files as .zip (zip -r model.zip …) or .tar.gz (tar czf model.tar.gz …)';

/** First bytes (Latin-1), what they are, advice. */
const signatures: [start: string, found: string, advice?: string][] = [
  ['\x1f\x8b', 'a gzip file'],
  ['\xfd7zXZ\0', 'an xz file (.xz, .tar.xz), which is not unpacked here', PACK],
  ["7z\xbc\xaf'\x1c", 'a 7-Zip archive, which is not unpacked here', PACK],
  ['Rar!\x1a\x07', 'a RAR archive, which is not unpacked here', PACK],
  ['BZh', 'a bzip2 file (.bz2, .tar.bz2), which is not unpacked here', PACK],
  ['\x28\xb5\x2f\xfd', 'a Zstandard file (.zst, .tar.zst), which is not unpacked here', PACK],
  ['\x04\x22\x4d\x18', 'an LZ4 file, which is not unpacked here', PACK],
  [
    '\x89HDF\r\n\x1a\n',
    'an HDF5 file, probably a Keras model',
    'convert it to ONNX with tf2onnx, or to a frozen graph',
  ],
  ['\x80\x02', 'a Python pickle, probably an old PyTorch checkpoint', 'export the network as TorchScript or ONNX'],
];

/** Text is never a model, but often what came instead of one. */
function textContent(head: Buffer): DetectedFormat | undefined {
  const start = head.toString('utf8', 0, 512);
  if (start.startsWith('version https://git-lfs')) {
    return { found: 'a Git LFS pointer', advice: 'fetch the file itself with "git lfs pull"' };
  }
  // Control bytes other than tab and line ends do not occur in text, and within the first few bytes of every binary format here.
  // oxlint-disable-next-line no-control-regex
  if (/[\x00-\x08\x0e-\x1f\ufffd]/.test(start.slice(0, 500))) return undefined;
  if (/^\s*<(!doctype|html)/i.test(start))
    return { found: 'a web page', advice: 'the download of the model was answered with a page' };
  if (/^\s*[{[]/.test(start)) return { found: 'a JSON text', advice: 'were config and model file swapped?' };
  return { found: 'a text file' };
}

function protobufContent(head: Buffer, outline: MessageOutline): DetectedFormat | undefined {
  const { fields, missing } = outline;
  const isOnnx = hasShape(fields, onnxModel) && fields.some(({ number }) => number === 7);
  const isGraph = hasShape(fields, graphDef) && fields.some((field) => field.number === 1 && isNode(head, field));
  if (missing > 0 && (isOnnx || isGraph)) {
    const kind = isOnnx ? 'an ONNX model' : 'a TensorFlow graph';
    return { found: `${kind} that is cut off (${missing} bytes are missing)`, advice: 'upload it again' };
  }
  if (!outline.valid) return undefined;
  if (isOnnx) return { format: 'onnx', sure: true };
  if (isGraph) return { format: 'graphdef', sure: true };
  if (hasShape(fields, savedModel) && fields.some(({ number }) => number === 2)) {
    return {
      found: 'a TensorFlow SavedModel without its variables',
      advice: 'upload its whole folder as a zip archive (zip -r model.zip saved_model.pb variables assets)',
    };
  }
  if (hasShape(fields, metaGraph)) {
    return {
      found: 'the meta graph of a TensorFlow checkpoint',
      advice:
        'upload it with its weights as a zip archive (zip model.zip model.ckpt.data-00000-of-00001 model.ckpt.index model.ckpt.meta)',
    };
  }
  return undefined;
}

/** Wire type of each top-level field: onnx.proto ModelProto; tensorflow graph.proto, saved_model.proto, meta_graph.proto. */
type Shape = Record<number, 0 | 2>;
const onnxModel: Shape = { 1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2 };
const graphDef: Shape = { 1: 2, 2: 2, 3: 0, 4: 2, 5: 2 };
const savedModel: Shape = { 1: 0, 2: 2 };
const metaGraph: Shape = { 1: 2, 2: 2, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2 };

const hasShape = (fields: MessageOutline['fields'], shape: Shape) =>
  fields.length > 0 && fields.every(({ number, wire }) => shape[number] === wire);

/** A node has a plain name and operator; a meta graph's first field holds a list of operators instead. */
function isNode(head: Buffer, { start, end }: { start: number; end: number }): boolean {
  const plain = /^[\w./>\\-]+$/;
  try {
    const { name, op } = decodeTensorFlow<GraphNode>('NodeDef', head.subarray(start, end));
    return end <= head.length && plain.test(name) && plain.test(op);
  } catch {
    return false;
  }
}

function bySuffix(name: string): DetectedFormat {
  if (/\.(plan|engine|trt)$/i.test(name)) return { format: 'tensorrt', sure: false };
  const claims: [RegExp, string][] = [
    [/\.onnx$/i, 'an ONNX model'],
    [/\.(pt|ts|pth)$/i, 'TorchScript'],
    [/\.(pb|graphdef)$/i, 'a TensorFlow graph'],
  ];
  const [, claimed] = claims.find(([suffix]) => suffix.test(name)) ?? [];
  return { found: `a binary file of unknown kind${claimed ? `, in spite of its name not ${claimed}` : ''}` };
}
