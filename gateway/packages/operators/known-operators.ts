import onnx from './onnx.json';
import tensorflow from './tensorflow.json';
import torch from './torch.json';

/** A table that `tests/golden/operators.py` wrote from the registry of a framework; names are separated by spaces. */
interface OperatorTable {
  /** With its version: "PyTorch 2.13.0". */
  framework: string;
  /** Names by namespace. */
  operators: Record<string, string[]>;
  /** Full names (`namespace::name`) that were taken out, by the reason. */
  refused: Record<string, string[]>;
}

const namesIn = (lines: readonly string[]): string[] => lines.flatMap((line) => line.split(' '));

/**
 * The operators of one framework that compute, and nothing else: neither files nor network, processes or Python. What is not in the
 * table may be anything.
 */
class KnownOperators {
  private readonly known: ReadonlySet<string>;
  private readonly reasons: ReadonlyMap<string, string>;

  constructor(private readonly table: OperatorTable) {
    const { operators, refused } = table;
    this.known = new Set(
      Object.entries(operators).flatMap(([namespace, lines]) => namesIn(lines).map((name) => `${namespace}::${name}`)),
    );
    this.reasons = new Map(
      Object.entries(refused).flatMap(([why, lines]) => namesIn(lines).map((name) => [name, why] as const)),
    );
  }

  has(name: string, namespace = ''): boolean {
    return this.known.has(`${namespace}::${name}`);
  }

  /**
   * One clause on an operator that is not in the table: `ReadFile "node" (reads or writes files)`.
   * @param place which one: its node in quotes, the line of code
   */
  refusal(place: string, name: string, namespace = ''): string {
    const full = namespace === '' ? name : `${namespace}::${name}`;
    const why = this.reasons.get(`${namespace}::${name}`) ?? `no computing operator of ${this.table.framework}`;
    return `${full} ${place} (${why})`;
  }
}

export const onnxOperators = new KnownOperators(onnx);
export const tensorflowOperators = new KnownOperators(tensorflow);
export const torchOperators = new KnownOperators(torch);

/** Operators out of the table that TensorFlow may run while it reads a graph, since shapes depend on them: those without state. */
export const earlyTensorFlowOperators: ReadonlySet<string> = new Set(namesIn(tensorflow.early));

/** Operators out of the table that code can also call as methods of a value: those with an argument `self`. */
export const foreignTorchMethods: ReadonlySet<string> = new Set(namesIn(torch.methods));

/** Namespaces of the C++ classes that hold packed weights of TorchScript (`__torch__.torch.classes.quantized.…`). */
export const torchClasses: readonly string[] = namesIn(torch.classes);
