import { join } from 'node:path';
import type { Archive } from '../archives/archive';
import type { RecognisedUpload } from '../model-file-format';

/** An archive seen from one of its folders. Layouts look for their files in it and unpack what they want. */
export class Contents {
  /** Paths of all files below the folder, relative to it. */
  readonly paths: readonly string[];
  /** Paths of the files in the folder itself. */
  readonly names: readonly string[];

  /**
   * @param root the folder, with its slash; empty for the whole archive
   * @param name what the author called the archive
   * @param directory where files may be unpacked to
   */
  constructor(
    private readonly archive: Archive,
    readonly root: string,
    readonly name: string,
    readonly directory: string,
  ) {
    this.paths = archive.paths.filter((path) => path.startsWith(root)).map((path) => path.slice(root.length));
    this.names = this.paths.filter((path) => !path.includes('/'));
  }

  has(path: string): boolean {
    return this.paths.includes(path);
  }

  /** The same from a folder further down. */
  at(folder: string): Contents {
    return new Contents(this.archive, `${this.root}${folder}/`, this.name, this.directory);
  }

  /** Folders in this folder. */
  folders(): string[] {
    return [...new Set(this.paths.filter((path) => path.includes('/')).map((path) => path.split('/')[0]))];
  }

  bytesOf(path: string): number {
    return this.archive.bytesOf(this.root + path);
  }

  readText(path: string, maxBytes: number): Promise<string> {
    return this.archive.readText(this.root + path, maxBytes);
  }

  /** Unpacks files into a new folder. @returns where it is */
  async unpack(folder: string, targets: ReadonlyMap<string, string>): Promise<string> {
    const into = join(this.directory, folder);
    await this.archive.extract(new Map([...targets].map(([path, target]) => [this.root + path, join(into, target)])));
    return into;
  }
}

/** A model out of an archive. */
export interface TakenModel {
  data: RecognisedUpload;
  warnings: string[];
}

/** The contents of an archive. */
export interface FoundPackage extends TakenModel {
  /** The text of its own model config. */
  config?: string;
  /** Parsed `metadata.json` of a MONAI bundle. */
  bundleMetadata?: unknown;
}

/** Which of the models in an archive of nnU-Net's is meant. */
export interface ModelChoice {
  /** `3d_fullres`, `2d`, … @default what the archive calls the best */
  configuration?: string;
  /** `0,1` or `all`. @default all numbered ones */
  folds?: string;
  /** `fp32` or `fp16`. @default fp32 */
  precision?: string;
  /** `on` or `off`: whether the network also sees the image mirrored. @default as the checkpoint says */
  mirroring?: string;
}

export interface LayoutOptions {
  /** The config that came beside the archive: it rules over the archive's own, and says which of several model files is meant. */
  config?: string;
  allowCode: boolean;
  choice?: ModelChoice;
}

/** One way in which models lie in archives. */
export interface Layout {
  /** For sentences: "an MMAR". */
  title: string;
  /** Whether the folder looks like it. */
  matches(contents: Contents): boolean;
  /** Unpacks what is served. @throws BAD_MODEL_FILE naming what is missing */
  take(contents: Contents, options: LayoutOptions): Promise<FoundPackage>;
}

/** Configs and metadata are a few kilobytes. */
export const MAX_TEXT_BYTES = 16 << 20;
