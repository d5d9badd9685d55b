/**
 * What the gateway costs a call: CPU time per request, helpers included, against a bare undici proxy, each in processes of
 * its own, in turns under the same load; and the latency that it adds at fixed rates. `full` is the program with capture,
 * redaction's first stage, sealing and routing on, and the drain of what is recorded into the store; `idle` has a router and a
 * recorder that do nothing. The ratios hold on other machines; the microseconds do not. `--model` measures the program with
 * redaction's second stage as well, the model that finds people; `--peers` installs other gateways in a folder of its own and
 * measures them too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { agentTraffic, freshTraffic, type Traffic } from './parts/agent-traffic.ts';
import { type Lane, openLane } from './parts/lane.ts';
import {
  callThrough,
  type MeasuredProxy,
  quantile,
  type Shape,
  startProxy,
  startUpstream,
} from './parts/load.ts';
import { startPeers } from './parts/peers.ts';
import type { CpuTime } from './parts/process-cpu.ts';
import type { BenchmarkResult } from './run.ts';

const ROUNDS = 5;
const REQUESTS = 2000;
/** What is compiled while it runs is ready after this number of calls of a kind: the bare proxy's cost falls by a third until then. */
const WARM_REQUESTS = 12_000;
/** The model takes far longer than all else. */
const MODEL_REQUESTS = 200;
const CONCURRENCY = 16;
/** Requests a second, and how long they are kept up, in rounds. */
const RATES = [500, 3000] as const;
const [RATE_MS, RATE_ROUNDS] = [4000, 3] as const;
/** What is recorded is brought into the store afterwards: that is over once the CPU has been quiet this often in a row. */
const [QUIET_MS, QUIET_LOOKS, MAX_QUIET_MS, MAX_MODEL_MS] = [500, 6, 30_000, 120_000] as const;

interface Case {
  readonly name: 'json' | 'stream' | 'fresh';
  readonly shape: Shape;
  readonly traffic: Traffic;
}

/** Microseconds of CPU per request. */
interface Cost {
  readonly total: number;
  /** Of the processes that the proxy has started: the drain. */
  readonly helpers: number;
}

/** Of a proxy's cost to the bare proxy's of the same round: the median, the least and the most. */
interface Ratio {
  readonly ratio: number;
  readonly between: readonly [least: number, most: number];
}

export async function run(): Promise<BenchmarkResult> {
  const { server, url } = await startUpstream();
  const dir = mkdtempSync(join(tmpdir(), 'understudy-gateway-'));
  const withModel = process.argv.includes('--model');
  const started: [string, MeasuredProxy][] = [];
  for (const kind of ['bare', 'idle', 'full'] as const)
    started.push([kind, await startProxy(kind, url, join(dir, kind))]);
  const { peers, missing } = await startPeers(url, process.argv.includes('--peers'));
  const proxies = new Map([...started, ...peers]);
  const agent = agentTraffic();
  const cases: readonly Case[] = [
    { name: 'json', shape: 'json', traffic: agent },
    { name: 'stream', shape: 'stream', traffic: agent },
    { name: 'fresh', shape: 'json', traffic: freshTraffic() },
  ];
  try {
    const table: Record<string, string | number>[] = [];
    const ratios: Record<string, Record<string, number>> = {};
    const intervals: Record<string, Record<string, readonly number[]>> = {};
    const withoutDrain: Record<string, number> = {};
    const costs: Record<string, object> = {};
    for (const each of cases) {
      const cpu = await cpuPerRequest(proxies, each);
      const bare = cpu.get('bare')!.map(({ total }) => total);
      for (const [name, found] of cpu) {
        const all = ratioOf(
          found.map(({ total }) => total),
          bare,
        );
        const own = ratioOf(
          found.map(({ total, helpers }) => total - helpers),
          bare,
        );
        ratios[name] = { ...ratios[name], [each.name]: all.ratio };
        intervals[name] = { ...intervals[name], [each.name]: all.between };
        if (name === 'full') withoutDrain[each.name] = own.ratio;
        const cpuUs = Math.round(median(found.map(({ total }) => total)));
        const drainUs = Math.round(median(found.map(({ helpers }) => helpers)));
        costs[name] = {
          ...costs[name],
          [`${each.name}CpuUs`]: cpuUs,
          [`${each.name}DrainUs`]: drainUs,
        };
        const between = all.between.join('–');
        table.push({
          traffic: `${each.name}: ${each.traffic.what}`,
          gateway: name,
          cpuUs,
          drainUs,
          ratio: all.ratio,
          between,
          withoutDrain: own.ratio,
        });
      }
    }
    const model = withModel ? await modelCost(url, join(dir, 'model'), cases[0]!) : null;
    const latency: Record<string, object> = {};
    for (const rate of RATES) {
      const added = await addedLatency(new Map(started), url, rate);
      latency[rate] = added;
      for (const [gateway, figures] of Object.entries(added))
        table.push({ traffic: `${rate} requests/s`, gateway, ...figures });
    }
    const full = ratios.full!;
    const at = (rate: number): number | undefined =>
      (latency[rate] as Record<string, { addedP99Ms: number }>).full?.addedP99Ms;
    return {
      table,
      json: {
        cpuRatioJson: full.json,
        cpuRatioStream: full.stream,
        cpuRatioFresh: full.fresh,
        cpuRatioWithoutDrain: withoutDrain,
        addedP99Ms: at(RATES[0]),
        addedP99MsAt3000: at(RATES[1]),
        idle: ratios.idle,
        intervals,
        costs,
        latency,
        ...(model === null ? {} : { withModel: model }),
        peers: Object.fromEntries(peers.map(([name]) => [name, ratios[name]])),
        missingPeers: missing,
        requests: ROUNDS * REQUESTS,
        concurrency: CONCURRENCY,
        loadAverage: loadavg().map(round),
      },
    };
  } finally {
    await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    server.close();
    server.closeAllConnections();
    rmSync(dir, { recursive: true, force: true });
  }
}

function ratioOf(values: readonly number[], bare: readonly number[]): Ratio {
  const each = values.map((value, i) => value / bare[i]!);
  return { ratio: round(median(each)), between: [round(Math.min(...each)), round(Math.max(...each))] };
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

/** What a call costs by proxy, in each round; what is done after the answers counts. */
async function cpuPerRequest(
  proxies: ReadonlyMap<string, MeasuredProxy>,
  each: Case,
): Promise<Map<string, Cost[]>> {
  const found = new Map([...proxies.keys()].map((name) => [name, [] as Cost[]]));
  for (const proxy of proxies.values()) await costOf(proxy, each, 0, WARM_REQUESTS);
  // Each round has other calls than the one before.
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, proxy] of proxies)
      found.get(name)!.push(await costOf(proxy, each, WARM_REQUESTS + round * REQUESTS, REQUESTS));
  }
  return found;
}

async function costOf(
  proxy: MeasuredProxy,
  { shape, traffic }: Case,
  from: number,
  requests: number,
  quietMs: number = MAX_QUIET_MS,
): Promise<Cost> {
  const before = await proxy.cpu();
  await callThrough(proxy, {
    shape,
    requests,
    concurrency: CONCURRENCY,
    bodyOf: (n) => traffic.bodyOf(from + n, shape === 'stream'),
  });
  const after = await whenQuiet(proxy, quietMs);
  const helpers = (after.helpers - before.helpers) / requests;
  return { total: (after.own - before.own) / requests + helpers, helpers };
}

/** The program with redaction's second stage; a first call brings the model, which is not counted. */
async function modelCost(url: string, dir: string, each: Case): Promise<object> {
  const proxy = await startProxy('model', url, dir);
  try {
    await costOf(proxy, each, 0, MODEL_REQUESTS, MAX_MODEL_MS);
    const { total, helpers } = await costOf(proxy, each, MODEL_REQUESTS, MODEL_REQUESTS, MAX_MODEL_MS);
    return { jsonCpuUs: Math.round(total), jsonDrainUs: Math.round(helpers), requests: MODEL_REQUESTS };
  } finally {
    await proxy.close();
  }
}

/** CPU time once what was recorded is in the store. */
async function whenQuiet(proxy: MeasuredProxy, maxMs: number): Promise<CpuTime> {
  const deadline = performance.now() + maxMs;
  let last = await proxy.cpu();
  for (let quiet = 0; ; ) {
    await wait(QUIET_MS);
    const now = await proxy.cpu();
    // The program itself looks about now and then.
    quiet = now.own + now.helpers - last.own - last.helpers <= 15_000 ? quiet + 1 : 0;
    if (quiet >= (now.helpers > 0 ? QUIET_LOOKS : 1) || performance.now() > deadline) return now;
    last = now;
  }
}

/** Latency beyond a direct connection's at a fixed rate, in turns with it. */
async function addedLatency(
  proxies: ReadonlyMap<string, MeasuredProxy>,
  upstreamUrl: string,
  rate: number,
): Promise<Record<string, Record<string, number>>> {
  const lanes = new Map<string, Lane>([
    ['direct', openLane(Number(new URL(upstreamUrl).port))],
    ...[...proxies].map(([name, { port }]): [string, Lane] => [name, openLane(port)]),
  ]);
  const times = new Map([...lanes.keys()].map((name) => [name, [] as number[]]));
  for (let round = 0; round <= RATE_ROUNDS; round++) {
    for (const [name, lane] of lanes) {
      lane.begin(1000 / rate);
      await wait(RATE_MS);
      const found = await lane.end(10_000);
      if (round > 0) times.get(name)!.push(...found);
    }
  }
  await Promise.all([...lanes.values()].map((lane) => lane.close()));
  const direct = times.get('direct')!;
  const beyond = (own: readonly number[], share: number): number =>
    round(quantile(own, share) - quantile(direct, share));
  return Object.fromEntries(
    [...times].map(([name, own]) => [
      name,
      {
        carried: Math.round((own.length * 1000) / (RATE_MS * RATE_ROUNDS)),
        addedP50Ms: beyond(own, 0.5),
        addedP99Ms: beyond(own, 0.99),
        'addedP99.9Ms': beyond(own, 0.999),
      },
    ]),
  );
}

const round = (value: number): number => Math.round(value * 100) / 100;
