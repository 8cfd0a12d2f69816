/** Bytes of tensors that one worker thread has sent to Triton and got back, counted in memory that both threads see; only the worker writes. */
export class TensorBytes {
  readonly buffer: SharedArrayBuffer;
  private readonly sums: Float64Array;

  constructor(buffer = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.sums = new Float64Array(buffer);
  }

  add(transport: 'inline' | 'shared_memory', bytes: number): void {
    this.sums[transport === 'inline' ? 0 : 1] += bytes;
  }

  get inline(): number {
    return this.sums[0];
  }

  get sharedMemory(): number {
    return this.sums[1];
  }
}
