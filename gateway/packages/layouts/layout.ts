import type { RecognisedUpload } from '../package-builder';
import type { Contents } from './contents';

/** A model out of an archive. */
export interface TakenModel {
  data: RecognisedUpload;
  warnings: string[];
}

/** What an archive brought. */
export interface FoundPackage extends TakenModel {
  /** The text of its own model config. */
  config?: string;
  /** Parsed `metadata.json` of a MONAI bundle. */
  bundleMetadata?: unknown;
}

export interface LayoutOptions {
  /** The config that came beside the archive: it rules over the archive's own, and says which of several model files is meant. */
  config?: string;
  allowCode: boolean;
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
