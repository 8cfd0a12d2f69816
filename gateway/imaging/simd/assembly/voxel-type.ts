/** Types of voxels, in the order of `VOXEL_TYPES` in ../simd-code.ts. */
export const enum VoxelType {
  I8,
  U8,
  I16,
  U16,
  I32,
  U32,
  F32,
  F64,
}
