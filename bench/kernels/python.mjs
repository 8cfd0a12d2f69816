import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cache, root, setUp } from '../../scripts/setup.mjs';
import { AnsweringProcess } from '../support/answering-process.mjs';
import { pythonWith } from '../support/python-environment.mjs';

const here = join(root, 'bench', 'kernels');

/** The process that runs the reference libraries, on the arrays in `folder`; torch comes from the folder of the local Triton, which has it without CUDA. */
export class References extends AnsweringProcess {
  constructor(folder) {
    setUp({ triton: ['pytorch'] });
    const interpreter = pythonWith('bench-kernels', join(here, 'requirements.txt'));
    const paths = [join(cache, 'triton-local', 'packages', 'pytorch')];
    super(
      spawn(interpreter, [join(here, 'references'), folder], {
        stdio: ['pipe', 'pipe', 'inherit'],
        // The memory that people run them with, whatever ours lies on.
        env: { ...process.env, GLIBC_TUNABLES: '', PYTHONPATH: paths.join(':') },
      }),
    );
  }
}
