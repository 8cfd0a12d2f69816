// Builds the pages of web/ into dist/web/: each page is its content in the common frame, one script, one style sheet. See web/README.md.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const from = join(root, 'web');
const to = join(root, 'dist', 'web');

/** Scripts and styles by esbuild, HTML from the frame. Plain file names, since pages are revalidated; only shared chunks have a hash. */
export function buildPages() {
  const all = JSON.parse(readFileSync(join(from, 'pages.json'), 'utf8'));
  const pages = all.filter(({ folder }) => folder);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  copyFileSync(join(from, 'icon.svg'), join(to, 'icon.svg'));
  bundle(pages);
  const frame = readFileSync(join(from, 'frame', 'frame.html'), 'utf8');
  for (const page of pages) {
    mkdirSync(join(to, page.folder), { recursive: true });
    writeFileSync(join(to, page.folder, 'index.html'), inFrame(frame, page, all));
  }
}

function bundle(pages) {
  // Only here: before packages are installed, this module must load without them.
  const esbuild = createRequire(import.meta.url)('esbuild');
  const entry = (path) => ({ in: join(from, path), out: path.replace(/\.\w+$/, '') });
  const { metafile } = esbuild.buildSync({
    entryPoints: [
      entry('frame/saved-theme.ts'),
      ...pages.flatMap(({ folder }) => [entry(`${folder}/${folder}.ts`), entry(`${folder}/${folder}.css`)]),
    ],
    outdir: to,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    target: 'es2022',
    minify: true,
    metafile: true,
    logLevel: 'warning',
  });
  writeFileSync(join(to, 'licenses.txt'), licensesOf(Object.keys(metafile.inputs)));
}

/** The licences of the packages that went into the bundles ask to be passed on with them. */
function licensesOf(inputs) {
  const packages = new Set(
    inputs
      .flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [])
      .map((path) => join(root, path)),
  );
  return [...packages]
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      const text = file ? readFileSync(join(folder, file), 'utf8') : `Licence: ${license}\n`;
      return `${name} ${version}\n\n${text}`;
    })
    .join('\n----\n\n');
}

/** The page's own content with header, navigation and footer around it. Links are relative: they hold behind any prefix of a proxy. */
function inFrame(frame, page, all) {
  const depth = page.path.split('/').length - 1;
  const toRoot = depth === 0 ? './' : '../'.repeat(depth);
  const links = all.map(({ path, name }) => {
    const current = path === page.path ? ' aria-current="page"' : '';
    return `<a href="${toRoot}${path}"${current}>${name}</a>`;
  });
  const values = {
    root: toRoot,
    folder: page.folder,
    title: page.path === '' ? 'AIAA gateway' : `${page.name} · AIAA gateway`,
    links: links.join('\n        '),
    content: readFileSync(join(from, page.folder, `${page.folder}.html`), 'utf8'),
  };
  return frame.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
