/** Limits of an archive. Everything is checked from its headers before a byte is unpacked, and counted again while it is. */
export interface ArchiveLimits {
  /** Files and folders. @default 20000 */
  entries: number;
  /** Bytes of all files together, unpacked. @default 16 GiB */
  totalBytes: number;
  /** Unpacked bytes per byte of the archive; only asked above {@link RATIO_FREE_BYTES}. @default 200 */
  ratio: number;
  /** Folders above a file. @default 16 */
  depth: number;
  /** Characters of a whole path. @default 512 */
  nameLength: number;
}

export const defaultLimits: ArchiveLimits = {
  entries: 20_000,
  totalBytes: 16 * 2 ** 30,
  ratio: 200,
  depth: 16,
  nameLength: 512,
};

/** A small archive may be mostly zeros: freshly initialised weights are. */
export const RATIO_FREE_BYTES = 64 * 2 ** 20;

/** Linux file systems take 255 bytes for one name. */
export const MAX_NAME_BYTES = 255;

/** @throws UnsafeArchive when `unpacked` bytes from `packed` are beyond the limits */
export function checkSizes(unpacked: number, packed: number, { totalBytes, ratio }: ArchiveLimits): void {
  if (unpacked > totalBytes) {
    throw new UnsafeArchive(
      `unpacked it has ${unpacked} bytes or more, the limit is ${totalBytes}; leave out what is not served, or the operator raises --max_unpacked_mb`,
    );
  }
  if (unpacked > RATIO_FREE_BYTES && unpacked > packed * ratio) {
    throw new UnsafeArchive(
      `its ${packed} bytes unpack to ${unpacked} or more, over ${ratio} for each; models do not shrink that well`,
    );
  }
}

/** The archive is whole, but holds what no model needs and what could do harm. */
export class UnsafeArchive extends Error {
  override readonly name = 'UnsafeArchive';
}

/** The archive is not whole, or not of a kind that can be read. */
export class DamagedArchive extends Error {
  override readonly name = 'DamagedArchive';
}
