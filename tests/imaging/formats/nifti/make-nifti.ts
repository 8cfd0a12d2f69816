/** What a test wants to see in a header; everything else is zero, or 1 where zero makes no sense. */
export interface Recipe {
  dim: number[];
  datatype: number;
  voxels: Uint8Array;
  pixdim?: number[];
  bigEndian?: boolean;
  slope?: number;
  inter?: number;
  sform?: { code: number; rows: number[] };
  qform?: { code: number; quatern: number[]; offset: number[] };
  units?: number;
  voxOffset?: number;
}

/** Bytes of a NIfTI-1 file, written field by field from the offsets in nifti1.h. */
export function makeNifti1(recipe: Recipe): Buffer {
  const { dim, voxels, pixdim = [1, 1, 1, 1], slope = 1, inter = 0, units = 10, voxOffset = 352 } = recipe;
  const file = Buffer.alloc(voxOffset + voxels.length);
  const view = new DataView(file.buffer, file.byteOffset);
  const little = !recipe.bigEndian;
  const shorts = (at: number, values: number[]) =>
    values.forEach((value, i) => view.setInt16(at + 2 * i, value, little));
  const floats = (at: number, values: number[]) =>
    values.forEach((value, i) => view.setFloat32(at + 4 * i, value, little));
  view.setInt32(0, 348, little);
  shorts(40, [dim.length, ...dim, ...Array<number>(7 - dim.length).fill(1)]);
  shorts(70, [recipe.datatype]);
  floats(76, [...pixdim, ...Array<number>(8 - pixdim.length).fill(1)]);
  floats(108, [voxOffset, slope, inter]);
  view.setUint8(123, units);
  shorts(252, [recipe.qform?.code ?? 0, recipe.sform?.code ?? 0]);
  floats(256, [...(recipe.qform?.quatern ?? [0, 0, 0]), ...(recipe.qform?.offset ?? [0, 0, 0])]);
  floats(280, recipe.sform?.rows ?? Array<number>(12).fill(0));
  file.write('n+1\0', 344, 'latin1');
  file.set(voxels, voxOffset);
  return file;
}

/** Bytes of a NIfTI-2 file; offsets of nifti2.h. */
export function makeNifti2(recipe: Recipe): Buffer {
  const { dim, voxels, pixdim = [1, 1, 1, 1] } = recipe;
  const file = Buffer.alloc(544 + voxels.length);
  const view = new DataView(file.buffer, file.byteOffset);
  const little = !recipe.bigEndian;
  const doubles = (at: number, values: number[]) =>
    values.forEach((value, i) => view.setFloat64(at + 8 * i, value, little));
  view.setInt32(0, 540, little);
  file.write('n+2\0\r\n\x1a\n', 4, 'latin1');
  view.setInt16(12, recipe.datatype, little);
  [dim.length, ...dim, ...Array<number>(7 - dim.length).fill(1)].forEach((n, d) =>
    view.setBigInt64(16 + 8 * d, BigInt(n), little),
  );
  doubles(104, [...pixdim, ...Array<number>(8 - pixdim.length).fill(1)]);
  view.setBigInt64(168, 544n, little);
  doubles(176, [recipe.slope ?? 1, recipe.inter ?? 0]);
  view.setInt32(344, recipe.qform?.code ?? 0, little);
  view.setInt32(348, recipe.sform?.code ?? 0, little);
  doubles(352, [...(recipe.qform?.quatern ?? [0, 0, 0]), ...(recipe.qform?.offset ?? [0, 0, 0])]);
  doubles(400, recipe.sform?.rows ?? Array<number>(12).fill(0));
  view.setInt32(500, recipe.units ?? 10, little);
  file.set(voxels, 544);
  return file;
}

/** The bytes of numbers in one of JavaScript's arrays, in either order. */
export function bytesOf(array: ArrayBufferView & { BYTES_PER_ELEMENT: number }, bigEndian = false): Uint8Array {
  const bytes = Buffer.from(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  if (!bigEndian || array.BYTES_PER_ELEMENT === 1) return bytes;
  return { 2: () => bytes.swap16(), 4: () => bytes.swap32(), 8: () => bytes.swap64() }[array.BYTES_PER_ELEMENT]!();
}
