import { asJsonText, parseJson } from '../../config/config-source';
import { parseModelConfig, type ParseOptions } from '../../config/parse-model-config';
import { catalogueWith } from '../../config/reading';
import type { ModelSpec } from '../../model-spec';
import { decodeText, withoutMark } from '../../text';
import { TransformLibrary } from '../../transforms/own/library';
import { buildPackage, type BuiltPackage } from '../build-package';
import { recognise } from '../inspect-model';
import type { RecognisedUpload } from '../model-file-format';
import { openUpload } from '../open-upload';
import { prepareModel } from '../prepare-model';

/** Whose code may come along. */
export interface BuildWish {
  /** Models may bring code that Triton runs. @default false */
  allowCode?: boolean;
  /** The model was stored before: code that would be refused today is told in `code`. @default refuse it */
  isStored?: boolean;
}

/**
 * All that reads what authors of models send, in time that grows with it: arguments and results are plain data, so that a thread can do it
 * ({@link ReadingThread}).
 */
export interface Reading {
  /** The text of a config as JSON, see {@link asJsonText}. @throws BAD_CONFIG, TextError for bytes that are not text */
  configText(config: string | Uint8Array): Promise<string>;
  /** See {@link recognise}. */
  recognise: typeof recognise;
  /** See {@link openUpload}. */
  open: typeof openUpload;
  /** A config (its text, or parsed) with the transforms there are now, those of model authors included. @throws BAD_CONFIG */
  parse(config: unknown, name: string, found: Omit<ParseOptions, 'catalogue'>): Promise<ModelSpec>;
  /** See {@link prepareModel}. */
  prepare: typeof prepareModel;
  /** See {@link buildPackage}. @returns the package, and the code in it that would be refused today */
  build(spec: ModelSpec, model: RecognisedUpload, wish: BuildWish): Promise<BuiltPackage & { code: string[] }>;
}

/** In the thread that calls. @param lib folder with the transforms that model authors brought */
export function readingHere(lib: string): Reading {
  const library = new TransformLibrary(lib);
  return {
    configText: async (config) => asJsonText(typeof config === 'string' ? withoutMark(config) : decodeText(config)),
    recognise,
    open: openUpload,
    async parse(config, name, found) {
      await library.refresh();
      const input = typeof config === 'string' ? parseJson(config) : config;
      return parseModelConfig(input, name, { ...found, catalogue: catalogueWith(library) });
    },
    prepare: prepareModel,
    async build(spec, model, { allowCode, isStored }) {
      const code: string[] = [];
      const onStoredCode = isStored ? (what: string) => void code.push(what) : undefined;
      return { ...(await buildPackage(spec, model, { allowCode, onStoredCode })), code };
    },
  };
}
