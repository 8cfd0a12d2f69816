import { unsupported } from '../image-error';
import type { DecodedImage, ReadOptions } from './decoded-image';
import type { FileHead, FileOnDisk } from './file-head';
import type { ImagePlan } from './image-plan';
import { decodedName, type HeaderField } from './text-header';
import { checkRoom, type VoxelSource } from './voxel-source';
import { say } from '../../sentence';

/** How files of one format are recognised and read: what its folder exports, and `decode.ts` lists. */
export interface ImageFormat {
  name: string;
  /** Whether the first bytes of a file, decompressed, show this format. */
  matches?(start: Buffer): boolean;
  /** Files of the format may lie in a gzip or zstd stream. @default false */
  compressed?: boolean;
  /** Whether its images have no place in the patient: masks on them are pictures too. @default false */
  isPicture?: boolean;
  /** Suffix that is believed when the content of a file shows no format. */
  suffix?: string;
  /** Refuses what can be seen to be unusable before a file is stored. @throws ImageError */
  check?(head: FileHead): void | Promise<unknown>;
  /** The header of a text format, whose voxels may lie in other files. @throws ImageError */
  readHeader?(head: FileHead): Promise<TextImageHeader>;
  /** Formats read in one pass, from a header that tells where the voxels lie. @throws ImageError */
  plan?(head: FileHead, options: ReadOptions): ImagePlan | Promise<ImagePlan>;
  /** All others. @throws ImageError */
  read?(head: FileHead, options: ReadOptions): Promise<DecodedImage>;
}

/** Of files that are written as one. */
export interface JoinLimits {
  /** Bytes of the voxels. */
  maxBytes: number;
  /** Asked before more is written, with the bytes that there will be then; may throw. */
  room?: (bytes: number) => Promise<void>;
}

export interface TextImageHeader {
  /** Bytes from the start of the file to the voxels, if they are in this file. */
  length: number;
  /** The field that names other files, in which the voxels lie. */
  dataFile?: HeaderField;
  /** @throws ImageError when the fields contradict each other, are missing, or ask for what is not read */
  image(): TextImage;
}

/** The facts that a text header tells of its image, whatever file the voxels lie in. */
export interface TextImage extends Omit<ImagePlan, 'source'> {
  sizes: readonly number[];
  /** Names of the files that `dataFile` names. @throws ImageError when they are not as many as the sizes ask for */
  dataFiles(): readonly string[];
  compressedSuffix?: string;
  /**
   * Where the voxels lie. @param start of what is not header @param compressed the file was found by {@link compressedSuffix}
   * @throws ImageError for numbers to skip that make no sense, and voxels that are not compressed as the header says
   */
  sourceIn(file: FileOnDisk, start: number, compressed?: boolean): Promise<VoxelSource>;
  /** @throws ImageError for voxels in the header's file that cannot be of its type */
  checkType?(source: VoxelSource): void;
  /** The header of a file that has all voxels after it, not compressed. */
  joinedHeader: string;
}

/** A format with a text header, whose files are read when the voxels follow it. */
export function textFormat(
  name: 'nrrd' | 'mha',
  matches: (start: Buffer) => boolean,
  readHeader: (head: FileHead) => Promise<TextImageHeader>,
): ImageFormat {
  const plan = async (head: FileHead): Promise<ImagePlan> => {
    const header = await readHeader(head);
    if (header.dataFile) {
      const what = say`"${head.name}" is a header whose voxels lie in "${decodedName(header.dataFile.value)}"`;
      throw unsupported(say`${what}; send the image as one file (.${name}), or all its files as a session`);
    }
    const image = header.image();
    const source = await image.sourceIn(head, header.length);
    checkRoom(source, image.bytes, image.sizes);
    image.checkType?.(source);
    return { ...image, source };
  };
  return { name, matches, check: plan, readHeader, plan };
}
