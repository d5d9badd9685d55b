/**
 * What one client can do to another: a neighbour sends small ordinary calls through the gateway while an attacker
 * sends the worst that fits the limits, one kind after the other. The same neighbour asks the upstream directly at
 * the same time: what it waits there is the machine's doing, not the gateway's. Two more neighbours send larger ordinary
 * calls, 12 KB and 100 KB, less often. Then the cost of ordinary traffic,
 * 500 requests a second, against a direct connection in turns. `--only=TEXT` runs the attacks with TEXT in their name.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Fought } from './parts/hostile-attacker.ts';
import { ATTACKS } from './parts/hostile-cases.ts';
import { type Lane, openLane } from './parts/lane.ts';
import { quantile, startProxy } from './parts/load.ts';
import type { BenchmarkResult } from './run.ts';

/** Each kind of attack lasts at most so long, and what it left behind may show for a while longer. */
const BOUND_MS = 15_000;
const AFTER_MS = 1500;
/** A gateway that has not answered its neighbour after so long is given up. */
const STUCK_MS = 45_000;
const ALONE_MS = 5000;
const EVERY_MS = 10;
const WARM_MS = 2000;
/** The neighbours with larger calls. */
const LARGER = [
  { name: '12 KB', bytes: 12_000, everyMs: 40 },
  { name: '100 KB', bytes: 100_000, everyMs: 100 },
] as const;
const ORDINARY = { everyMs: 2, roundMs: 5000, rounds: 4 } as const;

interface Case {
  readonly attack: string;
  readonly requests: number;
  readonly outcomes: string;
  readonly tookMs: number;
  /** The neighbour's latency beyond its median when alone. */
  readonly p99Ms: number;
  readonly worstMs: number;
  /** The same for the neighbours with larger calls, in the order of LARGER, each beyond its own median when alone. */
  readonly largerP99Ms: readonly number[];
  readonly largerWorstMs: readonly number[];
  /** The same for the neighbour who asks directly, at the same time. */
  readonly directWorstMs: number;
  /** How long the gateway's event loop was held up at most. */
  readonly loopMs: number;
  /** The same in CPU time of its main thread: the machine's noise is not in it. */
  readonly loopCpuMs: number;
  readonly rssMb: number;
  /** Calls of the neighbours that failed. */
  readonly failed: number;
  /** The gateway was gone, or did not answer any more. */
  readonly stuck: boolean;
}

export async function run(): Promise<BenchmarkResult> {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-hostile-'));
  const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice('--only='.length);
  const upstream = await start('hostile-upstream.ts', []);
  const attacker = await start('hostile-attacker.ts', []);
  let count = 0;
  const url = `http://127.0.0.1:${upstream.told.port}`;
  let gateway: Process = attacker;
  let lane = openLane(0);
  let larger: readonly Lane[] = [];
  const direct = openLane(upstream.told.port);
  const openGateway = async (): Promise<void> => {
    gateway = await start('hostile-gateway.ts', [join(dir, String(count++)), url]);
    lane = openLane(gateway.told.port);
    larger = LARGER.map(({ bytes }) => openLane(gateway.told.port, bytes));
    // What is compiled or opened with the first calls is no attack's doing.
    await measure([lane, direct, ...larger], paces(), () => wait(WARM_MS));
  };
  const closeGateway = async (): Promise<void> => {
    gateway.child.kill('SIGKILL');
    await Promise.all([lane, ...larger].map((one) => one.close()));
  };
  const cases: Case[] = [];
  try {
    await openGateway();
    const ordinary = await ordinaryTraffic(lane, direct, url);
    const [alone = [], aloneDirect = [], ...aloneLarger] = await measure(
      [lane, direct, ...larger],
      paces(),
      () => wait(ALONE_MS),
    );
    const usual = quantile(alone, 0.5);
    const usualDirect = quantile(aloneDirect, 0.5);
    const usualLarger = aloneLarger.map((times) => quantile(times, 0.5));

    for (const { name, answer } of ATTACKS) {
      if (only !== undefined && !name.includes(only)) continue;
      await told(upstream.child, { make: answer ?? '' });
      await told(attacker.child, { make: name });
      // A new one for each, so that nothing of the attack before is left to do or in memory.
      await closeGateway();
      await openGateway();
      await told(gateway.child, 'figures');
      let fought: Fought = { requests: 0, outcomes: {}, tookMs: 0 };
      const lanes = [lane, direct, ...larger];
      const [times = [], directTimes = [], ...largerTimes] = await measure(lanes, paces(), async () => {
        const order = { attack: name, port: gateway.told.port, boundMs: BOUND_MS };
        fought = (await told(attacker.child, { go: order })) as unknown as Fought;
        await wait(AFTER_MS);
      });
      const stuck = lane.waiting > 0 || gateway.child.exitCode !== null;
      const { loopMs = 0, loopCpuMs = 0, rssMb = 0 } = stuck ? {} : await told(gateway.child, 'figures');
      cases.push({
        attack: name,
        requests: fought.requests,
        outcomes: Object.entries(fought.outcomes)
          .map(([outcome, n]) => `${outcome}: ${n}`)
          .join(', '),
        tookMs: fought.tookMs,
        p99Ms: round(quantile(times, 0.99) - usual),
        worstMs: round(Math.max(...times) - usual),
        largerP99Ms: largerTimes.map((each, i) => round(quantile(each, 0.99) - (usualLarger[i] ?? 0))),
        largerWorstMs: largerTimes.map((each, i) => round(Math.max(...each) - (usualLarger[i] ?? 0))),
        directWorstMs: round(Math.max(...directTimes) - usualDirect),
        loopMs: round(loopMs),
        loopCpuMs: round(loopCpuMs),
        rssMb,
        failed: [lane, ...larger].reduce((sum, one) => sum + one.failed, 0),
        stuck,
      });
      console.error(`${name}: ${cases.at(-1)?.worstMs} ms`);
    }
    const worst = cases.toSorted((a, b) => b.worstMs - a.worstMs)[0];
    const json = {
      worstNeighbourMs: worst?.worstMs ?? 0,
      worstAttack: worst?.attack ?? '',
      /** The worst of the neighbour alone, and of the one who asks directly during attacks: the machine's noise. */
      aloneWorstMs: round(Math.max(...alone) - usual),
      directWorstMs: Math.max(0, ...cases.map((one) => one.directWorstMs)),
      /** Of the neighbours with larger calls: alone, their median and worst; under attack, their worst. */
      larger: LARGER.map(({ name }, i) => ({
        name,
        aloneP50Ms: round(usualLarger[i] ?? 0),
        aloneWorstMs: round(Math.max(...(aloneLarger[i] ?? [])) - (usualLarger[i] ?? 0)),
        worstMs: Math.max(0, ...cases.map(({ largerWorstMs }) => largerWorstMs[i] ?? 0)),
      })),
      worstLoopCpuMs: Math.max(0, ...cases.map((one) => one.loopCpuMs)),
      aloneCalls: alone.length,
      ordinary,
      cases,
    };
    const { addedP50Ms, addedP99Ms, bareAddedP99Ms } = ordinary;
    return {
      table: [
        ...cases.map(({ outcomes, largerP99Ms, largerWorstMs, ...figures }) => ({
          ...figures,
          ...Object.fromEntries(
            LARGER.map(({ name }, i) => [`${name}: p99, worst`, `${largerP99Ms[i]}, ${largerWorstMs[i]}`]),
          ),
          stuck: figures.stuck ? 'yes' : '',
        })),
        { attack: 'none: neighbour alone', requests: 0, worstMs: json.aloneWorstMs },
        { attack: '500 requests/s: added p50', requests: ordinary.calls, worstMs: addedP50Ms },
        { attack: '500 requests/s: added p99', requests: ordinary.calls, worstMs: addedP99Ms },
        { attack: '500 requests/s: added p99 of a bare proxy', worstMs: bareAddedP99Ms },
        ...json.larger.map(({ name, worstMs }) => ({ attack: `worst neighbour with ${name}`, worstMs })),
        { attack: `worst neighbour: ${json.worstAttack}`, worstMs: json.worstNeighbourMs },
      ],
      json,
    };
  } finally {
    await Promise.all([closeGateway(), direct.close()]);
    for (const { child } of [upstream, attacker]) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * Added latency at 500 requests a second, over rounds through the gateway, directly, and through the least that a
 * proxy can do, in turns: what that one adds is the price of one process more on this machine.
 */
async function ordinaryTraffic(lane: Lane, direct: Lane, upstreamUrl: string) {
  const proxy = await startProxy('bare', upstreamUrl);
  const bare = openLane(proxy.port);
  const lanes = [lane, direct, bare];
  const times = new Map(lanes.map((one) => [one, [] as number[]]));
  try {
    await measure([bare], EVERY_MS, () => wait(WARM_MS));
    for (let i = 0; i < ORDINARY.rounds; i++) {
      for (const one of i % 2 === 0 ? lanes : lanes.toReversed()) {
        const [found = []] = await measure([one], ORDINARY.everyMs, () => wait(ORDINARY.roundMs));
        times.get(one)?.push(...found);
      }
    }
  } finally {
    await bare.close();
    await proxy.close();
  }
  const at = (one: Lane, share: number): number => round(quantile(times.get(one) ?? [], share));
  const figures = (share: number) => ({
    gateway: at(lane, share),
    bareProxy: at(bare, share),
    direct: at(direct, share),
  });
  const p50Ms = figures(0.5);
  const p99Ms = figures(0.99);
  return {
    calls: times.get(lane)?.length ?? 0,
    p50Ms,
    p99Ms,
    addedP50Ms: round(p50Ms.gateway - p50Ms.direct),
    addedP99Ms: round(p99Ms.gateway - p99Ms.direct),
    bareAddedP50Ms: round(p50Ms.bareProxy - p50Ms.direct),
    bareAddedP99Ms: round(p99Ms.bareProxy - p99Ms.direct),
  };
}

/** How often the neighbours call: the small one, the one who asks directly, the larger ones. */
function paces(): number[] {
  return [EVERY_MS, EVERY_MS, ...LARGER.map(({ everyMs }) => everyMs)];
}

/** Calls on each lane at its times while `work` goes on; the milliseconds of each, waited for within bounds. */
async function measure(
  lanes: readonly Lane[],
  everyMs: number | readonly number[],
  work: () => Promise<unknown>,
): Promise<number[][]> {
  lanes.forEach((lane, i) => {
    lane.begin(typeof everyMs === 'number' ? everyMs : (everyMs[i] ?? EVERY_MS));
  });
  await work();
  return Promise.all(lanes.map((lane) => lane.end(STUCK_MS)));
}

interface Told {
  readonly port: number;
  readonly loopMs?: number;
  readonly loopCpuMs?: number;
  readonly rssMb?: number;
}

interface Process {
  readonly child: ChildProcess;
  readonly told: Told;
}

async function start(file: string, args: string[]): Promise<Process> {
  const child = fork(join(import.meta.dirname, 'parts', file), args);
  const [first] = (await once(child, 'message')) as [Told];
  return { child, told: first };
}

/** Sends a message and waits for the answer to it. */
async function told(child: ChildProcess, message: object | string): Promise<Partial<Told>> {
  const answered = once(child, 'message') as Promise<[Told]>;
  child.send(message as object);
  return (await answered)[0];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
