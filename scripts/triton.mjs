// npm run triton [-- --with pytorch,tensorflow] [-- flags of triton-local/start.py]: only the local Triton, in the foreground.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cache, exitWith, findPython, root, runOrFail } from './setup.mjs';

function main() {
  const args = process.argv.slice(2);
  const at = args.findIndex((arg) => arg === '--with' || arg.startsWith('--with='));
  const extra = at < 0 ? [] : args.splice(at, args[at] === '--with' ? 2 : 1);
  const env = { ...process.env, AIAA_CACHE: cache };
  runOrFail(findPython(), [join('triton-local', 'install.py'), ...extra], { env });
  const triton = spawn(findPython(), [join(root, 'triton-local', 'start.py'), ...args], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => triton.kill(signal));
  triton.once('exit', (code) => process.exit(code ?? 1));
}

try {
  main();
} catch (error) {
  exitWith(error);
}
