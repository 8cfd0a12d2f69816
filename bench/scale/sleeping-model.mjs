import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/setup.mjs';

/**
 * Uploads the model of `sleeping/`, of which `instances` compute at a time, as that many GPUs would: 0.5 s for a job of one window of 96³. The gateway
 * needs `--allow_code_models true`.
 */
export async function putSleepingModel(url, name, instances, folder) {
  const { inference, ...config } = JSON.parse(
    readFileSync(join(root, 'samples/segmentation/config_aiaa.json'), 'utf8'),
  );
  delete inference.trtis;
  inference.args.batch_size = 1;
  const at = join(folder, `upload-${name}`);
  mkdirSync(join(at, '1'), { recursive: true });
  cpSync(join(root, 'bench/scale/sleeping/model.py'), join(at, '1/model.py'));
  const tensor = (field, channels) => `[ { name: "${field}" data_type: TYPE_FP32 dims: [ ${channels}, -1, -1, -1 ] } ]`;
  writeFileSync(
    join(at, 'config.pbtxt'),
    `backend: "python"\nmax_batch_size: 1\ninput ${tensor('INPUT', 1)}\noutput ${tensor('LOGITS', 2)}\ninstance_group [ { count: ${instances} kind: KIND_CPU } ]\n`,
  );
  const archive = execFileSync('tar', ['-cz', '-C', at, 'config.pbtxt', '1'], { maxBuffer: 2 ** 24 });
  const form = new FormData();
  form.set('config', new Blob([JSON.stringify({ ...config, inference })]), 'config_aiaa.json');
  form.set('data', new Blob([archive]), 'model.tar.gz');
  const answer = await fetch(`${url}/admin/model/${name}`, { method: 'PUT', body: form });
  if (!answer.ok) throw new Error(`the model was not accepted (${answer.status}): ${await answer.text()}`);
}
