/** A tensor as a model file itself describes it. */
export interface FileTensor {
  name: string;
  /** Triton's name, `TYPE_FP32`; undefined when the file has a type that Triton has not. */
  dataType?: string;
  /** With the batch axis; -1 is a free axis. Undefined when the file does not say. */
  dims?: number[];
}

/** The inputs and outputs that a model file has. */
export interface ModelIo {
  inputs: FileTensor[];
  outputs: FileTensor[];
}

const SHOWN = 3;

/** A network that was exported as it is in training answers each call otherwise. @param nodes what draws random numbers or learns while it runs */
export function randomWarning(nodes: readonly string[]): string[] {
  if (nodes.length === 0) return [];
  const more = nodes.length > SHOWN ? ` and ${nodes.length - SHOWN} more` : '';
  return [
    `The network draws random numbers or learns while it runs (${nodes.slice(0, SHOWN).join(', ')}${more}): its answers may differ from call to call. Was it exported in training mode? Call model.eval() before the export`,
  ];
}
