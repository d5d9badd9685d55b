/**
 * What the gateway costs a call: CPU time per request against a bare undici proxy, both in processes of their own,
 * in turns under the same load. The ratio holds on other machines; the microseconds do not.
 */
import {
  callThrough,
  cpuOf,
  type ProxyProcess,
  quantile,
  type Shape,
  startProxy,
  startUpstream,
} from './parts/load.ts';
import type { BenchmarkResult } from './run.ts';

const ROUNDS = 7;
const REQUESTS = 1000;
const CONCURRENCY = 16;

/** CPU and latency of both proxies, for whole answers and for streams of 40 events. */
export async function run(): Promise<BenchmarkResult> {
  const { server, url } = await startUpstream();
  const proxies = await Promise.all([startProxy('bare', url), startProxy('gateway', url)]);
  const table: Record<string, string | number>[] = [];
  const json: Record<string, object> = {};
  for (const shape of ['json', 'stream'] as const) {
    const figures = proxies.map(() => ({ cpuUs: [] as number[], p50Ms: [] as number[] }));
    // The first round warms up and does not count.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [i, proxy] of proxies.entries()) {
        const measured = await measure(proxy, shape);
        if (round === 0) continue;
        figures[i]?.cpuUs.push(measured.cpuUs);
        figures[i]?.p50Ms.push(measured.p50Ms);
      }
    }
    const [bare, ours] = figures;
    if (!bare || !ours) throw new Error('unreachable');
    const ratios = ours.cpuUs.map((cpu, round) => cpu / (bare.cpuUs[round] ?? cpu));
    const row = {
      bareCpuUs: Math.round(quantile(bare.cpuUs, 0.5)),
      gatewayCpuUs: Math.round(quantile(ours.cpuUs, 0.5)),
      ratio: Number(quantile(ratios, 0.5).toFixed(2)),
      bareP50Ms: Number(quantile(bare.p50Ms, 0.5).toFixed(2)),
      gatewayP50Ms: Number(quantile(ours.p50Ms, 0.5).toFixed(2)),
    };
    table.push({ answer: shape, ...row });
    json[shape] = row;
  }
  for (const proxy of proxies) proxy.child.disconnect();
  server.close();
  server.closeAllConnections();
  return { table, json: { requests: ROUNDS * REQUESTS, concurrency: CONCURRENCY, ...json } };
}

/** Median latency and CPU time per request. */
async function measure(proxy: ProxyProcess, shape: Shape): Promise<{ cpuUs: number; p50Ms: number }> {
  const before = await cpuOf(proxy);
  const times = await callThrough(proxy, { shape, requests: REQUESTS, concurrency: CONCURRENCY });
  const after = await cpuOf(proxy);
  return { cpuUs: (after - before) / REQUESTS, p50Ms: quantile(times, 0.5) };
}
