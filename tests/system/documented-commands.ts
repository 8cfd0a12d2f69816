import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../..');

/** Commands of the documents that documents.test.ts does not run, and why: where a file is named, it runs them or what is in them. */
export const notRun: readonly [command: RegExp, reason: string][] = [
  [
    /^docker /,
    'no Docker here; the files it reads are checked in tests/deploy/docker.test.ts, the container in tests/system/start-aas.test.ts',
  ],
  [/^(npm start|npm run triton)/, 'tests/system/commands.test.ts'],
  [/^npm run demo/, 'its steps are those of tests/system/spleen.test.ts; whole it takes a minute'],
  [
    /^(npm test( -- --fast)?|npm run (build|lint|docs))$/,
    'this test is part of npm test, which builds and lints first',
  ],
  [/^npm run (fuzz|soak)/, 'runs for minutes; a few of its requests are in tests/system/mutated-requests.test.ts'],
  [/^npm run bench/, 'measures for minutes, on a machine that does nothing else'],
  [/^npm run test:containers/, 'builds images for minutes, where a Docker engine is; outside CI'],
  [/^npm run password/, 'tests/system/command-line.test.ts sets a password with the same function'],
  [/^npm link/, 'changes the machine'],
  [/^git pull/, 'no remote here'],
  [/^kubectl kustomize/, 'tests/deploy/kubernetes.test.ts'],
  [/^kubectl (create|apply)/, 'no cluster here; what is applied is checked in tests/deploy/kubernetes.test.ts'],
  [/^systemd-analyze/, 'tests/deploy/systemd.test.ts'],
  [/^nginx -t/, 'tests/system/through-nginx.test.ts'],
  [/\$S\/admin|^zip /, 'tests/system/upload-forms.test.ts'],
  [
    /\$SERVER/,
    'with names to fill in; its operation is compared with the server in tests/http/openapi/document.test.ts',
  ],
  [
    /^aiaa-gateway load total totalsegmentator/,
    'tests/system/totalsegmentator.test.ts loads a task from a local server',
  ],
  [/^npx aiaa-gateway$/, 'this test runs its file'],
  [/^(nvidiaAIAASegmentation|python -m monai\.bundle|nnUNetv2_)/, "somebody else's program"],
];

/** A command and the document that shows it. */
export interface Documented {
  document: string;
  command: string;
}

const programs = 'aiaa-gateway|curl|docker|git|kubectl|nginx|npm|npx|python3?|start_aas\\.sh|systemd-analyze|tar|zip';
const inline = new RegExp(`\`((?:${programs}) [^\`]*)\``, 'g');

/** Every command of README.md and docs/: fenced blocks without a language or as sh, and code in the text that begins with a program's name. */
export function documentedCommands(): Documented[] {
  const documents = ['README.md', ...markdownBelow('docs')];
  return documents.flatMap((document) => {
    const text = readFileSync(path.join(root, document), 'utf8');
    const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
    const fenced = blocks
      .filter(([, language]) => /^(sh|bash|)$/.test(language))
      .flatMap(([, , block]) =>
        block
          .replace(/\\\n/g, ' ')
          .split('\n')
          .filter((line) => line.trim() && !line.startsWith('#')),
      );
    const rest = blocks.reduce((left, [block]) => left.replace(block, ''), text);
    const inText = [...rest.matchAll(inline)].map(([, command]) => command).filter((command) => !command.includes('…'));
    return [...fenced, ...inText].map((command) => ({ document, command }));
  });
}

function markdownBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return markdownBelow(file);
    return entry.name.endsWith('.md') ? [file] : [];
  });
}
