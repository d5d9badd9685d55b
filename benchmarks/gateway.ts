/**
 * What the gateway costs a call: CPU time per request, helpers included, against a bare undici proxy, each in processes of
 * its own, in turns under the same load; and the latency that it adds at fixed rates. `full` is the program with capture,
 * redaction's first stage, sealing and routing on; `idle` has a router and a recorder that do nothing. The ratios hold on
 * other machines; the microseconds do not. `--peers` installs other gateways in a folder of its own and measures them too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
import type { BenchmarkResult } from './run.ts';

const ROUNDS = 5;
const REQUESTS = 1500;
const CONCURRENCY = 16;
/** Requests a second, and how long they are kept up, in rounds. */
const RATES = [500, 3000] as const;
const [RATE_MS, RATE_ROUNDS] = [4000, 4] as const;
/** What is recorded is brought into the store afterwards: that is over once the CPU has been quiet this long. */
const [QUIET_MS, MAX_QUIET_MS] = [600, 20_000] as const;

interface Case {
  readonly name: 'json' | 'stream' | 'fresh';
  readonly shape: Shape;
  readonly traffic: Traffic;
}

export async function run(): Promise<BenchmarkResult> {
  const { server, url } = await startUpstream();
  const dir = mkdtempSync(join(tmpdir(), 'understudy-gateway-'));
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
    const costs: Record<string, object> = {};
    for (const each of cases) {
      const cpu = await cpuPerRequest(proxies, each);
      const bare = cpu.get('bare')!;
      for (const [name, values] of cpu) {
        const ratio = round(
          quantile(
            values.map((value, i) => value / bare[i]!),
            0.5,
          ),
        );
        ratios[name] = { ...ratios[name], [each.name]: ratio };
        const cpuUs = Math.round(quantile(values, 0.5));
        costs[name] = { ...costs[name], [`${each.name}CpuUs`]: cpuUs };
        table.push({ traffic: `${each.name}: ${each.traffic.what}`, gateway: name, cpuUs, ratio });
      }
    }
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
        ...{ cpuRatioJson: full.json, cpuRatioStream: full.stream, cpuRatioFresh: full.fresh },
        ...{ addedP99Ms: at(RATES[0]), addedP99MsAt3000: at(RATES[1]) },
        ...{ idle: ratios.idle, costs, latency },
        peers: Object.fromEntries(peers.map(([name]) => [name, ratios[name]])),
        ...{ missingPeers: missing, requests: ROUNDS * REQUESTS, concurrency: CONCURRENCY },
      },
    };
  } finally {
    await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    server.close();
    server.closeAllConnections();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Microseconds of CPU per request in each round, by proxy; what is done after the answers counts. */
async function cpuPerRequest(
  proxies: ReadonlyMap<string, MeasuredProxy>,
  { shape, traffic }: Case,
): Promise<Map<string, number[]>> {
  const found = new Map([...proxies.keys()].map((name) => [name, [] as number[]]));
  // The first round warms up and does not count. Each round has other calls than the one before.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, proxy] of proxies) {
      const before = await proxy.cpuUs();
      await callThrough(proxy, {
        ...{ shape, requests: REQUESTS, concurrency: CONCURRENCY },
        bodyOf: (n) => traffic.bodyOf(round * REQUESTS + n, shape === 'stream'),
      });
      const spent = (await whenQuiet(proxy)) - before;
      if (round > 0) found.get(name)!.push(spent / REQUESTS);
    }
  }
  return found;
}

/** CPU time once what was recorded is in the store. */
async function whenQuiet(proxy: MeasuredProxy): Promise<number> {
  const deadline = performance.now() + MAX_QUIET_MS;
  let last = await proxy.cpuUs();
  for (;;) {
    await wait(QUIET_MS);
    const now = await proxy.cpuUs();
    // The program itself looks about now and then.
    if (now - last <= 20_000 || performance.now() > deadline) return now;
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
