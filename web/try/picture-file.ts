/** Codes of NIfTI-1. */
const DATATYPE_AT = 70;
const BITS_AT = 72;
const DIM_AT = 40;
const VOXELS_AT = 108;
const SFORM_CODE_AT = 254;
const SROW_AT = 280;
const RGB24 = 128;
const UINT8 = 2;

/** Rows run down the screen and columns to its right, where a radiologist has the patient's left: voxel (row, column) to mm. */
export const PICTURE_AFFINE = [
  [0, -1, 0, 0],
  [-1, 0, 0, 0],
  [0, 0, 1, 0],
  [0, 0, 0, 1],
];

/**
 * The NIfTI file of a picture (PNG, JPEG), as it is to be seen: upright, and its colours, which are stored as three slices, as colours.
 * @param file uncompressed NIfTI-1, little endian, as the server decodes pictures; axis 0 has the rows, axis 1 the columns
 */
export function pictureFile(file: ArrayBuffer): ArrayBuffer {
  const header = new DataView(file);
  const voxelsAt = header.getFloat32(VOXELS_AT, true);
  const [rows, columns, channels] = [1, 2, 3].map((axis) => header.getInt16(DIM_AT + 2 * axis, true) || 1);
  const isColour = channels >= 3 && header.getInt16(DATATYPE_AT, true) === UINT8;
  const shown = isColour ? interleaved(file, voxelsAt, rows * columns) : file.slice(0);
  const out = new DataView(shown);
  out.setInt16(SFORM_CODE_AT, 1, true);
  PICTURE_AFFINE.slice(0, 3).forEach((row, r) =>
    row.forEach((value, c) => out.setFloat32(SROW_AT + 16 * r + 4 * c, value, true)),
  );
  if (!isColour) return shown;
  out.setInt16(DIM_AT, 2, true);
  out.setInt16(DIM_AT + 6, 1, true);
  out.setInt16(DATATYPE_AT, RGB24, true);
  out.setInt16(BITS_AT, 24, true);
  return shown;
}

/** Red, green and blue of each pixel side by side. */
function interleaved(file: ArrayBuffer, voxelsAt: number, pixels: number): ArrayBuffer {
  const out = new Uint8Array(voxelsAt + 3 * pixels);
  out.set(new Uint8Array(file, 0, voxelsAt));
  const planes = new Uint8Array(file, voxelsAt);
  for (let channel = 0; channel < 3; channel++)
    for (let at = 0; at < pixels; at++) out[voxelsAt + 3 * at + channel] = planes[channel * pixels + at];
  return out.buffer;
}
