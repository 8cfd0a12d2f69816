import type { ModelEntry } from '../../gateway/contract/models';
import type { ChosenImage } from './choices';
import { promptOf } from './points';

export interface Call {
  /** The server's URL, without a slash at its end. */
  server: string;
  model: ModelEntry;
  image: ChosenImage;
  params: Record<string, unknown>;
}

/** The same call for a shell (bash). */
export function curlText({ server, model, image, params }: Call): string {
  const query = `model=${encodeURIComponent(model.name)}&output=image`;
  const url = `${server}/v1/${promptOf(model).endpoint}?${query}`;
  const file = quoted(image.name);
  const send = `-F params=${quoted(JSON.stringify(params))}`;
  if (image.isFolder) {
    return [
      `files=(${file}/*)`,
      `session=$(curl -fsS -X PUT "\${files[@]/#/-Fimage=@}" ${quoted(`${server}/session/`)} | sed 's/.*"session_id":"\\([^"]*\\)".*/\\1/')`,
      `curl -fS ${send} ${quoted(`${url}&session_id=`)}"$session" -o mask.nii.gz`,
    ].join('\n');
  }
  const fetched = image.isSample ? [`curl -fS ${quoted(sampleUrl(server, image.name))} -o ${file}`] : [];
  return [...fetched, `curl -fS ${send} -F image=@${file} \\\n  ${quoted(url)} -o mask.nii.gz`].join('\n');
}

/** The same call in Python, with the package requests. */
export function pythonText({ server, model, image, params }: Call): string {
  const text = (value: string) => JSON.stringify(value);
  const query = `{'model': ${text(model.name)}, 'output': 'image'}`;
  const call = `requests.post(f'{server}/v1/${promptOf(model).endpoint}', params=query, data={'params': json.dumps(params)}`;
  const opening = image.isFolder
    ? [
        `files = [('image', open(path, 'rb')) for path in sorted(pathlib.Path(${text(image.name)}).iterdir())]`,
        `session = requests.put(f'{server}/session/', files=files, timeout=600)`,
        'session.raise_for_status()',
        `query['session_id'] = session.json()['session_id']`,
        `answer = ${call}, timeout=3600)`,
      ]
    : [
        ...(image.isSample
          ? [
              `sample = requests.get(${text(sampleUrl(server, image.name))}, timeout=600)`,
              `pathlib.Path(${text(image.name)}).write_bytes(sample.content)`,
            ]
          : []),
        `with open(${text(image.name)}, 'rb') as image:`,
        `    answer = ${call}, files={'image': image}, timeout=3600)`,
      ];
  return [
    'import json, pathlib, requests',
    '',
    `server = ${text(server)}`,
    `query = ${query}`,
    `params = ${JSON.stringify(params)}`,
    ...opening,
    'answer.raise_for_status()',
    `pathlib.Path('mask.nii.gz').write_bytes(answer.content)`,
  ].join('\n');
}

function sampleUrl(server: string, name: string): string {
  return `${server}/samples/${encodeURIComponent(name)}`;
}

/** One word for a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
