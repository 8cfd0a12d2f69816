import type { Sample } from '../sample';

/**
 * Configs of AIAA 4.0 put a batch axis in front of the network's channels (`AddChanneld(pred)`), because MONAI 0.5 wanted one for softmax
 * and argmax, and squeeze it away later. MONAI 0.6 gave the same names another meaning, which turns such masks into zeros
 * (`transforms.md` §7.3). Here a volume's axes are known by letter: channel transforms always act on `C`, and the batch axis is only a mark
 * on the key, which `SqueezeDimd(0)` takes away again. Both generations of configs get what they mean.
 */
const mark = (key: string) => `batch axis of ${key}`;

export function hasBatchAxis(sample: Sample, key: string): boolean {
  return sample.values.get(mark(key)) === true;
}

export function addBatchAxis(sample: Sample, key: string): void {
  sample.values.set(mark(key), true);
}

export function dropBatchAxis(sample: Sample, key: string): void {
  sample.values.delete(mark(key));
}
