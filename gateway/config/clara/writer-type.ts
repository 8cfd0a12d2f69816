import { highestLabel, isDtype } from '../../transforms/writers';
import type { ModelSpec } from '../../model-spec';
import type { Findings } from '../findings';

/** The argument of each writer that fixes the voxel type of its file. The others take the smallest type that holds the labels. */
const typeArguments: Record<string, string> = { WriteNifti: 'dtype', WritePng: 'dtype', SaveImaged: 'output_dtype' };

/** Finds a writer whose voxel type is too small for the labels of its model: the labels above would have no number. */
export function checkWriterType({ writer, labels }: ModelSpec, findings: Findings): void {
  const argument = typeArguments[writer.name];
  // Arguments that were found wrong stand in the spec as they were written.
  const written = writer.args[argument];
  const type = isDtype(written) ? written : undefined;
  const highest = type && highestLabel(type);
  const count = labels.length - (/^background$/i.test(labels[0] ?? '') ? 1 : 0);
  if (highest === undefined || count <= highest) return;
  const wider = count <= highestLabel('uint16')! ? 'uint16' : 'uint32';
  findings.add(['writer', 'args', argument], type, `a type that holds ${count} labels`, {
    message: `the writer ${writer.name} writes ${type}, which holds labels up to ${highest}, but the config has ${count} labels; write "${argument}": "${wider}"`,
  });
}
