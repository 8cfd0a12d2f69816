import type { ResultFile } from '../../gateway/pipeline/result-file';
import { temporaryFile } from '../imaging/formats/temporary-file';

/** Path of a result, whether it was kept in memory or in a file. */
export function resultPath({ content, name }: ResultFile): string {
  return content instanceof Uint8Array ? temporaryFile(name, content) : content.path;
}
