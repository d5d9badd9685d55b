/**
 * Makes dist/, which is what the package ships: the compiled program, and the two native engines without what only
 * a GPU or a compiler needs. They are copied in, not named as dependencies, because npm gives a package no say in
 * what its dependencies bring along: onnxruntime-node's install script downloads CUDA libraries, and node-llama-cpp
 * names llama.cpp's CUDA and Vulkan builds (1.1 GB). llama.cpp's CPU builds are `optionalDependencies` of ours.
 *   npm run build
 * Does not: change anything outside dist/, or download anything.
 */
import { execFileSync } from 'node:child_process';
import {
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

interface Engine {
  readonly name: string;
  /** Folders and files of the package that are left out, as paths in it. */
  readonly without: RegExp;
  /** Its dependencies that only its install script, its compiler or its own program needs. */
  readonly unneeded: readonly string[];
}

const ENGINES: readonly Engine[] = [
  {
    name: 'onnxruntime-node',
    // DirectML and its shader compiler are loaded by Windows only when that provider is asked for; the longer of
    // macOS' two names is the same file again. The binding loads the shorter.
    without: /^(script|lib)(\/|$)|\/(DirectML|dxcompiler|dxil)\.dll$|\/libonnxruntime\.\d+\.\d+\.\d+\.dylib$/,
    unneeded: ['adm-zip', 'global-agent'],
  },
  {
    name: 'node-llama-cpp',
    without:
      /^(bins|templates)(\/|$)|^llama\/(?!binariesGithubRelease\.json$|llama\.cpp\.info\.json$|grammars)/,
    unneeded: ['cmake-js', 'node-addon-api', 'yargs'],
  },
];

/** What no program reads: types, source maps, pages. Licences stay. */
const NEVER_READ = /\.(d\.[cm]?ts|map|md|markdown)$|\.tsbuildinfo$/;
const LICENCE = /^(licen[cs]e|copying|notice)/i;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** Who holds the copyright of the MIT-licensed packages that ship no text of their licence. */
const HOLDERS: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'Microsoft Corporation',
  'onnxruntime-common': 'Microsoft Corporation',
  'simple-git': 'Steve King',
  '@simple-git/argv-parser': 'Steve King',
};

/** What Node reads of a package's manifest, and what the licence is. Scripts and dependencies are gone. */
const FIELDS = ['name', 'version', 'license', 'author', 'type', 'main', 'module', 'exports', 'imports'];

rmSync(DIST, { recursive: true, force: true });
execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: ROOT,
  stdio: 'inherit',
});
for (const file of ['worker.py', 'requirements.txt']) {
  copyFileSync(join(ROOT, 'src/train/peft', file), join(DIST, 'src/train/peft', file));
}
const bundled = new Map<string, Manifest>();
for (const engine of ENGINES) bundle(engine.name, ROOT, engine);
writeFileSync(join(DIST, 'THIRD-PARTY.md'), thirdParty([...bundled.values()]));

/** Copies a package and what it needs to the same place below dist/ as it has below the root. */
function bundle(name: string, from: string, engine: Engine): void {
  const path = locate(name, from);
  if (bundled.has(path)) return;
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;
  bundled.set(path, manifest);
  const to = join(DIST, relative(ROOT, path));
  mkdirSync(to, { recursive: true });
  cpSync(path, to, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (file) => {
      const inside = relative(path, file).split(sep).join('/');
      if (inside.split('/').includes('node_modules')) return false;
      if (name === engine.name && engine.without.test(inside)) return false;
      return LICENCE.test(inside) || !NEVER_READ.test(inside);
    },
  });
  const kept = Object.fromEntries(
    FIELDS.flatMap((field) => (field in manifest ? [[field, manifest[field]]] : [])),
  );
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(kept, null, 2)}\n`);
  if (!readdirSync(to).some((file) => LICENCE.test(file))) {
    // The licence travels along, also where the package forgot its text.
    const holder = HOLDERS[name];
    if (manifest.license !== 'MIT' || holder === undefined) throw new Error(`${name} ships no licence text`);
    writeFileSync(join(to, 'LICENSE'), mit(holder));
  }
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (!engine.unneeded.includes(dependency)) bundle(dependency, path, engine);
  }
}

/** The folder that Node would take the package from. @throws Error where there is none: `npm ci` comes first. */
function locate(name: string, from: string): string {
  for (let at = from; ; at = dirname(at)) {
    const path = join(at, 'node_modules', name);
    if (existsSync(path)) return path;
    if (at === ROOT) throw new Error(`${name}, which ${from} needs, is not installed: run npm ci`);
  }
}

function thirdParty(manifests: readonly Manifest[]): string {
  const rows = manifests
    .map(({ name, version, license }) => `| ${name} | ${version} | ${license ?? 'none stated'} |`)
    .sort();
  return `# Packages in dist/node_modules\n\nCopied by scripts/build.ts, without what is not needed at run time. The licence of each is in its folder.\n\n| package | version | licence |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function mit(holder: string): string {
  return `MIT License

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;
}
