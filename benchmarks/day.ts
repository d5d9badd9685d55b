/**
 * A day of mixed traffic in a few minutes: the official clients in three dialects, whole and streamed, with tools, time-outs,
 * aborts and a provider that fails in its ways, each use once straight and once through the real program, while the
 * configuration is read again and the provider is gone for a while. Then: what a client saw otherwise, and which answers are
 * not on record. `--uses=N`, default 3,000.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { loadConfig } from '../src/core/config.ts';
import { seededRandom } from '../src/core/random.ts';
import { openUnderstudy } from '../src/understudy.ts';
import type { Scene } from '../test/e2e/made-provider.ts';
import { ACTS, type Act } from '../test/e2e/official-clients.ts';
import { noPythonClients, startPythonClients } from '../test/e2e/python-process.ts';
import { startFlakyProvider } from './parts/flaky-provider.ts';
import { startProgram } from './parts/program.ts';
import type { BenchmarkResult } from './run.ts';

const USES = 3000;
const SEED = 1;
const CLIENTS = 6;
/** How often each scene is played, in turns of the same 20. */
const SCENES: readonly Scene[] = [
  ...Array.from({ length: 9 }, (): Scene => 'text'),
  ...Array.from({ length: 4 }, (): Scene => 'tool'),
  'thinking',
  'busy-once',
  'invalid',
  'down',
  'broken',
  'hang',
  'stall',
];
const TIMEOUT_MS = 250;
const OUTAGE_MS = 3000;
export async function run(): Promise<BenchmarkResult> {
  const uses = Number(process.argv.find((arg) => arg.startsWith('--uses='))?.slice('--uses='.length) ?? USES);
  const dir = mkdtempSync(join(tmpdir(), 'understudy-day-'));
  // The same provider twice: one is asked straight, one through the gateway.
  const [straight, behind] = await Promise.all([startFlakyProvider(), startFlakyProvider()]);
  const python = noPythonClients() === false ? startPythonClients() : null;
  const file = join(dir, 'understudy.yaml');
  configure(file, dir, behind.url, 0.05);
  const { child, url } = await startProgram(file);
  const random = seededRandom(SEED);
  const seen: Use[] = [];
  const began = performance.now();
  try {
    let left = uses;
    const note = async (
      act: string,
      scene: Scene,
      see: (base: string) => Promise<unknown>,
    ): Promise<void> => {
      const before = [straight.outages(), straight.isAway()];
      const [plain, through] = [await see(straight.url), await see(new URL(url).origin)];
      const inOutage =
        !isDeepStrictEqual(before, [straight.outages(), straight.isAway()]) || straight.isAway();
      seen.push({ act, scene, straight: plain, through, inOutage });
      if (process.stderr.isTTY) process.stderr.write(`\r${uses - left} of ${uses}`);
    };
    const client = async (): Promise<void> => {
      while (left-- > 0) {
        const [act, scene, id] = [random.pick(ACTS), random.pick(SCENES), String(left)];
        // What waits in silence is only asked of clients that can be told to stop.
        const isStopped = scene === 'hang' || scene === 'stall';
        if (isStopped && !act.name.includes('stream')) continue;
        await note(act.name, scene, (base) => play(act, scene, id, base));
      }
    };
    const pythonClient = async (): Promise<void> => {
      while (python && left-- > 0) {
        const scene = random.pick(SCENES.filter((each) => each !== 'hang' && each !== 'stall'));
        await note('Python', scene, (base) => python.see(base, scene));
      }
    };
    const clients = Promise.all([...Array.from({ length: CLIENTS }, client), pythonClient()]);
    while (left > (uses * 2) / 3) await wait(20);
    configure(file, dir, behind.url, 0.06);
    child.kill('SIGHUP');
    while (left > uses / 3) await wait(20);
    await Promise.all([straight.away(OUTAGE_MS), behind.away(OUTAGE_MS)]);
    await clients;
    child.kill('SIGTERM');
    await once(child, 'exit');
    const recorded = await recordedIn(file, dir);
    const seconds = Math.round((performance.now() - began) / 1000);
    return resultOf(seen, { answered: behind.answered(), recorded, seconds });
  } finally {
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
    python?.stop();
    await Promise.all([straight.close(), behind.close()]);
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Use {
  readonly act: string;
  readonly scene: Scene;
  readonly straight: unknown;
  readonly through: unknown;
  /** The provider was away at some moment of it. */
  readonly inOutage: boolean;
}

/** One use of a client. @param base Without a version path. */
async function play(act: Act, scene: Scene, id: string, base: string): Promise<unknown> {
  const url = act.isBare ? base : `${base}/v1`;
  if (scene === 'hang') return act.run(url, { scene, id, timeoutMs: TIMEOUT_MS });
  if (scene !== 'stall') return act.run(url, { scene, id });
  const abort = new AbortController();
  const result = await act.run(url, { scene, id, signal: abort.signal, onFirst: () => abort.abort() });
  // How much had come when it stopped is chance.
  return (result as { readonly failed?: unknown } | null)?.failed ?? 'no error';
}

function configure(file: string, dir: string, upstream: string, auditShare: number): void {
  writeFileSync(
    file,
    [
      `dataDir: ${join(dir, 'data')}`,
      `upstream: { baseUrl: "${upstream}/v1" }`,
      `serve: { auditShare: ${auditShare} }`,
      'learn: { mode: off }',
      'redaction: { finder: off }',
    ].join('\n'),
  );
}

/** Calls in the store that were answered whole. */
async function recordedIn(file: string, dir: string): Promise<number> {
  const understudy = await openUnderstudy({ config: loadConfig({ dir, file, env: {} }), log: () => {} });
  try {
    let whole = 0;
    for await (const { status, response } of understudy.calls()) if (status === 200 && response) whole++;
    return whole;
  } finally {
    await understudy.close();
  }
}

function resultOf(
  seen: readonly Use[],
  {
    answered,
    recorded,
    seconds,
  }: { readonly answered: number; readonly recorded: number; readonly seconds: number },
): BenchmarkResult {
  const compared = seen.filter(({ inOutage }) => !inOutage);
  const differing = compared.filter(({ straight, through }) => !isDeepStrictEqual(straight, through));
  for (const { act, scene, straight, through } of differing.slice(0, 10))
    console.error(JSON.stringify({ act, scene, straight, through }));
  const failed = (result: unknown): boolean => JSON.stringify(result).includes('"failed"');
  const away = seen.filter(({ inOutage }) => inOutage);
  const figures = {
    uses: seen.length,
    acts: new Set(seen.map(({ act }) => act)).size,
    python: seen.filter(({ act }) => act === 'Python').length,
    compared: compared.length,
    differences: differing.length,
    answered,
    recorded,
    lost: Math.max(0, answered - recorded),
    inOutage: away.length,
    failedInOutage: away.filter(({ through }) => failed(through)).length,
  };
  return { table: [{ ...figures, seconds }], json: { ...figures, seed: SEED, seconds } };
}
