import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { testThatNeeds } from '../../needs';

/** One call of the Python client. Without `fields` there is no body. */
export interface PythonCall {
  method: string;
  selector: string;
  fields?: Record<string, string>;
  /** Form field to path; the path is also the file name that goes over the wire. */
  files?: Record<string, string>;
}

export interface PythonAnswer {
  status: number;
  reason: string;
  /** Text parts, when the answer was multipart. */
  form?: Record<string, string>;
  /** Where the first part with a file name was saved. */
  file?: string;
  sha256?: string;
  body?: string;
}

/** `test` where python3 has the module cgi (up to 3.12); nothing is installed for a test. */
export const testWithPython = testThatNeeds(
  'a python3 up to 3.12, which has the module cgi',
  spawnSync('python3', ['-W', 'ignore', '-c', 'import cgi']).status === 0,
);

/** Python makes these calls to a server, one after the other; files of answers go to `folder`. */
export async function callFromPython(
  url: string,
  folder: string,
  calls: readonly PythonCall[],
): Promise<PythonAnswer[]> {
  const child = spawn('python3', [path.join(__dirname, 'python-client.py'), url, folder]);
  let [said, complaint] = ['', ''];
  child.stdout.on('data', (text) => (said += text));
  child.stderr.on('data', (text) => (complaint += text));
  child.stdin.end(JSON.stringify(calls));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(complaint);
  return said.trimEnd().split('\n').map((line) => JSON.parse(line) as PythonAnswer); // prettier-ignore
}
