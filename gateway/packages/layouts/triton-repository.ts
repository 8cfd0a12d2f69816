import { fail } from '../../errors';
import { readConfigText } from '../../triton/config-text';
import { TRITON_FOLDER } from '../model-file-format';
import { MAX_TEXT_BYTES, type Layout } from './layout';
import { isSideConfig, sideConfig } from './bare-model';

const CONFIG = 'config.pbtxt';
/** Triton takes a positive number without leading zeros for a version. */
const VERSION = /^[1-9]\d{0,17}$/;
/** Files that Triton, a backend or the system would run. */
const CODE = /\.(py|pyc|pyd|so(\.[\d.]+)?|dll|dylib|sh|exe)$|(^|\/)triton_python_backend_stub$/i;

/** The folder of one model of a Triton repository: `config.pbtxt`, which is kept, and version folders, of which the newest is taken. */
export const tritonRepository: Layout = {
  title: `a folder of a Triton repository (${CONFIG}, 1/)`,
  matches: (contents) => contents.has(CONFIG),
  async take(contents, { allowCode, config: given }) {
    const { name } = contents;
    const versions = contents.folders().filter((folder) => VERSION.test(folder));
    const [version, ...others] = versions.sort((a, b) => Number(b) - Number(a));
    if (!version) {
      const there = contents.folders().join(', ') || 'none';
      throw fail('BAD_MODEL_FILE', {
        file: name,
        what: `it has no version folder beside its ${CONFIG} (a whole number such as 1; its folders are: ${there})`,
      });
    }
    const wanted = new Map(contents.paths.flatMap((path) => targetOf(path, version, versions)));
    const code = [...wanted.keys()].filter((path) => CODE.test(path));
    if (code.length > 0 && !allowCode)
      throw fail('CODE_NOT_ALLOWED', { file: name, what: code.slice(0, 5).join(', ') });
    const tritonConfig = readConfigText(await contents.readText(CONFIG, MAX_TEXT_BYTES), CONFIG);
    const path = await contents.unpack(TRITON_FOLDER.folder, wanted);
    const beside = await sideConfig(contents);
    const warnings = others.length
      ? [
          `The folder has the versions ${versions.join(', ')}; ${version} was taken, the gateway numbers versions itself`,
        ]
      : [];
    return { ...beside, config: given ?? beside.config, data: { path, name, tritonConfig }, warnings };
  },
};

function targetOf(path: string, version: string, versions: readonly string[]): [string, string][] {
  const [folder, ...rest] = path.split('/');
  if (folder === version && rest.length > 0) return [[path, `${TRITON_FOLDER.version}/${rest.join('/')}`]];
  // Folders with numbers in their names would be versions to Triton.
  if (path === CONFIG || isSideConfig(path) || versions.includes(folder) || /^\d/.test(folder)) return [];
  return [[path, `${TRITON_FOLDER.beside}/${path}`]];
}
