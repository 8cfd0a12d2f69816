/** An uncompressed uint8 NIfTI-1 file of about this size. */
export function makeNifti(bytes: number): Buffer {
  const rows = Math.max(1, Math.ceil((bytes - 352) / 1000));
  const length = 1000 * rows;
  const file = Buffer.alloc(352 + length, 7);
  file.fill(0, 0, 352);
  file.writeInt32LE(348, 0);
  [3, 1000, rows, 1, 1, 1, 1, 1].forEach((value, at) => file.writeInt16LE(value, 40 + 2 * at));
  file.writeInt16LE(2, 70);
  file.writeInt16LE(8, 72);
  [1, 1, 1, 1].forEach((value, at) => file.writeFloatLE(value, 76 + 4 * at));
  file.writeFloatLE(352, 108);
  file.writeFloatLE(1, 112);
  file.write('n+1\0', 344, 'latin1');
  return file;
}
