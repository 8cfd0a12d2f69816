// Makes the golden numbers again: node tests/golden/make.mjs [program ...], from the root of the repository. Each list of requirements gets an
// environment of its own below .cache/goldens; AIAA_SHARED names the folder that holds the real images (data), AIAA_PYTHON the Python (3.11).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const data = join(process.env.AIAA_SHARED ?? join(root, '..', 'shared'), 'data');
const environments = join(process.env.AIAA_CACHE || join(root, '.cache'), 'goldens');

/** Programs by the packages they run with. */
const programs = {
  'transforms_requirements.txt': [
    'kernels_goldens',
    'transforms_clara',
    'transforms_clara_steps',
    'transforms_monai',
    'transforms_monai_steps',
    'transforms_deepgrow',
    'spleen_reference',
    'transforms_versions',
  ],
  'spline_requirements.txt': ['spline'],
  'transforms_bundle_requirements.txt': [
    'transforms_monai_bundle',
    'transforms_added',
    'transforms_splines',
    'transforms_versions',
  ],
  'transforms_monai_1_4_requirements.txt': ['transforms_versions'],
  'transforms_monai_1_6_requirements.txt': ['transforms_versions'],
  'requirements.txt': [
    'imaging_formats',
    'imaging_pictures',
    'imaging_zstd',
    'imaging_minc',
    'annotation_crop',
    'placements',
    'dicom_series',
    'dicom_segmentation',
    'label_terms',
    'text_headers',
  ],
  'tensorflow_requirements.txt': ['tf_checkpoints'],
  'triton_requirements.txt': ['config_text'],
  'dicom_requirements.txt': ['dicom_frames'],
  'operators_requirements.txt': ['operators'],
  'nnunet_requirements.txt': ['nnunet_architectures', 'nnunet_ensembles'],
  'nninteractive_requirements.txt': ['nninteractive_arrays'],
  'nninteractive_server_requirements.txt': ['nninteractive'],
  'totalsegmentator_requirements.txt': ['nnunet_packs', 'totalsegmentator_tasks'],
};

/** Programs that look at no real image. */
const withoutData = [
  'nninteractive_arrays',
  'dicom_frames',
  'text_headers',
  'kernels_goldens',
  'transforms_added',
  'transforms_splines',
  'transforms_deepgrow',
  'imaging_pictures',
  'imaging_zstd',
  'imaging_minc',
  'annotation_crop',
  'placements',
  'dicom_series',
  'dicom_segmentation',
  'label_terms',
  'operators',
  'spline',
  'nnunet_architectures',
  'nnunet_ensembles',
  'nnunet_packs',
  'totalsegmentator_tasks',
];

const wanted = process.argv.slice(2).map((name) => name.replace(/\.py$/, ''));
const known = Object.values(programs).flat();
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) stop(`no program ${unknown.join(', ')}; there are ${known.join(', ')}`);
if (!existsSync(data)) stop(`the real images are not in ${data}; AIAA_SHARED names the folder that has "data"`);

for (const [requirements, names] of Object.entries(programs)) {
  const chosen = names.filter((name) => wanted.length === 0 || wanted.includes(name));
  if (chosen.length === 0) continue;
  const python = environmentFor(requirements);
  for (const name of chosen) {
    console.log(`${name} …`);
    run(python, [join(here, `${name}.py`), ...(withoutData.includes(name) ? [] : [data])]);
  }
}
run(process.execPath, [
  join(root, 'node_modules', 'prettier', 'bin', 'prettier.cjs'),
  '--write',
  '--log-level',
  'warn',
  here,
  join(root, 'gateway', 'packages', 'operators'),
  join(root, 'gateway', 'cli', 'totalsegmentator'),
]);

/** The Python of an environment with these packages; made when it is missing, or the list has changed. */
function environmentFor(requirements) {
  const list = readFileSync(join(here, requirements), 'utf8');
  const folder = join(environments, requirements.replace(/_?requirements\.txt$/, '') || 'imaging');
  const [python, stamp] = [join(folder, 'bin', 'python'), join(folder, 'installed.txt')];
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === list) return python;
  console.log(`installing ${requirements} …`);
  mkdirSync(environments, { recursive: true });
  run(process.env.AIAA_PYTHON ?? 'python3.11', ['-m', 'venv', folder]);
  run(python, ['-m', 'pip', 'install', '--quiet', '-r', join(here, requirements)]);
  writeFileSync(stamp, list);
  return python;
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], cwd: here });
  if (error) stop(`${program} cannot be started: ${error.message}`);
  if (status !== 0) stop(`${[program, ...args].join(' ')} failed with exit code ${status}`);
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
