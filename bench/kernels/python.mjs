import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cache, pythonOfTriton, root, runOrFail, setUp } from '../../scripts/setup.mjs';

const here = join(root, 'bench', 'kernels');
const requirements = join(here, 'requirements.txt');
const environment = join(cache, 'bench-kernels');
const interpreter = join(environment, 'bin', 'python3');

/** A virtual environment with the reference libraries, made once; torch comes from the folder of the local Triton, which has it without CUDA. */
function makeEnvironment() {
  setUp({ triton: ['pytorch'] });
  const stamp = join(environment, '.installed');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('installing the reference libraries …');
  runOrFail(pythonOfTriton(), ['-m', 'venv', '--clear', environment]);
  const lines = readFileSync(requirements, 'utf8').split('\n');
  const packages = lines.filter((line) => /^\w/.test(line));
  const pip = (...options) => runOrFail(interpreter, ['-m', 'pip', 'install', '--quiet', ...options]);
  pip(...packages.filter((name) => !name.startsWith('monai')));
  // MONAI asks for a torch with CUDA.
  pip('--no-deps', ...packages.filter((name) => name.startsWith('monai')));
  writeFileSync(stamp, wanted);
}

/** The process that runs the reference libraries, on the arrays in `folder`; answers one question at a time. */
export class References {
  #waiting = [];

  constructor(folder) {
    makeEnvironment();
    const paths = [join(cache, 'triton-local', 'packages', 'pytorch')];
    this.process = spawn(interpreter, [join(here, 'references'), folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // The memory that people run them with, whatever ours lies on.
      env: { ...process.env, GLIBC_TUNABLES: '', PYTHONPATH: paths.join(':') },
    });
    createInterface({ input: this.process.stdout }).on('line', (line) =>
      this.#waiting.shift()?.resolve(JSON.parse(line)),
    );
    this.process.once('exit', (code) => {
      for (const { reject } of this.#waiting) reject(new Error(`the reference process ended (exit code ${code})`));
    });
  }

  /** @returns {Promise<object>} what the process answers */
  ask(question) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.process.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  close() {
    this.process.stdin.end();
  }
}
