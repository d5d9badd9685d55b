/**
 * What one client can do to others: neighbours send ordinary calls of several sizes through the gateway while an attacker
 * sends the worst that fits the limits, one kind after the other. The same attack and the same neighbours beside a bare
 * proxy, which only passes bytes on, tell what is the machine's doing (the floor). Then the cost of ordinary traffic,
 * 500 requests a second, against a direct connection in turns. `--only=TEXT` runs the attacks with TEXT in their name,
 * `--only=ordinary` the ordinary traffic.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Fought } from './parts/hostile-attacker.ts';
import { ATTACKS } from './parts/hostile-cases.ts';
import { NEIGHBOURS, openNeighbours, rounded, type Waits } from './parts/hostile-neighbours.ts';
import { type Lane, openLane } from './parts/lane.ts';
import { quantile, startProxy } from './parts/load.ts';
import type { BenchmarkResult } from './run.ts';

/** Each kind of attack lasts at most so long, and what it left behind may show for a while longer. */
const BOUND_MS = 8000;
const AFTER_MS = 1000;
const AFTER_BARE_MS = 200;
const ALONE_MS = 4000;
const EVERY_MS = 10;
const WARM_MS = 1500;
const ORDINARY = { everyMs: 2, roundMs: 5000, rounds: 4 } as const;

interface Case {
  readonly attack: string;
  readonly requests: number;
  readonly outcomes: string;
  readonly tookMs: number;
  /** The worst of all neighbours, beyond the median of each when alone; beside a bare proxy; and the difference. */
  readonly worstMs: number;
  readonly floorMs: number;
  readonly beyondFloorMs: number;
  /** Of each neighbour, in the order of NEIGHBOURS: beside the gateway, and beside a bare proxy. */
  readonly waits: readonly Waits[];
  readonly floor: readonly Waits[];
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
  const option = (name: string): string | undefined =>
    process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const only = option('only');
  const attacks = ATTACKS.filter(({ name }) => only === undefined || name.includes(only));
  const upstream = await start('hostile-upstream.ts', []);
  const attacker = await start('hostile-attacker.ts', []);
  const url = `http://127.0.0.1:${upstream.told.port}`;
  const bare = await startProxy('bare', url);
  const beside = openNeighbours(bare.port);
  let count = 0;
  let gateway: Process = attacker;
  let neighbours = beside;
  let medians: readonly number[] = [];
  const openGateway = async (): Promise<void> => {
    gateway = await start('hostile-gateway.ts', [join(dir, String(count++)), url]);
    neighbours = openNeighbours(gateway.told.port);
    // What is compiled or opened with the first calls is no attack's doing.
    await neighbours.during(() => wait(WARM_MS));
    neighbours.knowing(medians);
  };
  const closeGateway = async (): Promise<void> => {
    gateway.child.kill('SIGKILL');
    await neighbours.close();
  };
  const attack = (name: string, port: number): Promise<Fought> =>
    told(attacker.child, {
      go: { attack: name, port, boundMs: BOUND_MS },
    }) as Promise<unknown> as Promise<Fought>;
  const cases: Case[] = [];
  try {
    await openGateway();
    const ordinary =
      only === undefined || only === 'ordinary'
        ? await ordinaryTraffic(gateway.told.port, upstream.told.port, bare.port)
        : null;
    const alone = await neighbours.alone(ALONE_MS);
    ({ medians } = neighbours);
    await beside.during(() => wait(WARM_MS));
    const bareAlone = await beside.alone(ALONE_MS);

    for (const { name, answer } of attacks) {
      await told(upstream.child, { make: answer ?? '' });
      await told(attacker.child, { make: name });
      const floor = await beside.during(async () => {
        await attack(name, bare.port);
        await wait(AFTER_BARE_MS);
      });
      // A new one for each, so that nothing of the attack before is left to do or in memory.
      await closeGateway();
      await openGateway();
      await told(gateway.child, 'figures');
      let fought: Fought = { requests: 0, outcomes: {}, tookMs: 0 };
      const waits = await neighbours.during(async () => {
        fought = await attack(name, gateway.told.port);
        await wait(AFTER_MS);
      });
      const stuck = neighbours.waiting > 0 || gateway.child.exitCode !== null;
      const { loopMs = 0, loopCpuMs = 0, rssMb = 0 } = stuck ? {} : await told(gateway.child, 'figures');
      const worstMs = Math.max(...waits.map((each) => each.worstMs));
      const floorMs = Math.max(...floor.map((each) => each.worstMs));
      cases.push({
        attack: name,
        requests: fought.requests,
        outcomes: Object.entries(fought.outcomes)
          .map(([outcome, n]) => `${outcome}: ${n}`)
          .join(', '),
        tookMs: fought.tookMs,
        worstMs,
        floorMs,
        beyondFloorMs: rounded(worstMs - floorMs),
        waits,
        floor,
        loopMs: rounded(loopMs),
        loopCpuMs: rounded(loopCpuMs),
        rssMb,
        failed: neighbours.failed,
        stuck,
      });
      console.error(
        `${name}: ${worstMs} ms (${waits.map((each) => each.worstMs).join(', ')}), floor ${floorMs} ms`,
      );
    }
    const worst = cases.toSorted((a, b) => b.worstMs - a.worstMs)[0];
    const most = (figure: (one: Case) => number): number => Math.max(0, ...cases.map(figure));
    const json = {
      /** Over all attacks and the neighbours of all sizes. */
      worstNeighbourMs: worst?.worstMs ?? 0,
      worstAttack: worst?.attack ?? '',
      /** The same of a bare proxy, which only passes bytes on; and by how much ours was worse under one attack, at most. */
      floorMs: most(({ floorMs }) => floorMs),
      worstBeyondFloorMs: most(({ beyondFloorMs }) => beyondFloorMs),
      neighbours: NEIGHBOURS.map(({ name }, i) => ({
        name,
        aloneP50Ms: alone[i]!.p50Ms,
        aloneWorstMs: alone[i]!.worstMs,
        worstMs: most(({ waits }) => waits[i]!.worstMs),
        bareAloneP50Ms: bareAlone[i]!.p50Ms,
        bareAloneWorstMs: bareAlone[i]!.worstMs,
        floorMs: most(({ floor }) => floor[i]!.worstMs),
      })),
      worstLoopCpuMs: most(({ loopCpuMs }) => loopCpuMs),
      load: loadavg().map(rounded),
      ordinary,
      cases,
    };
    return {
      table: [
        ...cases.map(({ outcomes: _, waits, floor: __, stuck, ...figures }) => ({
          ...figures,
          ...Object.fromEntries(NEIGHBOURS.map(({ name }, i) => [name, waits[i]!.worstMs])),
          stuck: stuck ? 'yes' : '',
        })),
        ...(ordinary === null
          ? []
          : [
              {
                attack: '500 requests/s: added p50',
                worstMs: ordinary.addedP50Ms,
                floorMs: ordinary.bareAddedP50Ms,
              },
              {
                attack: '500 requests/s: added p99',
                worstMs: ordinary.addedP99Ms,
                floorMs: ordinary.bareAddedP99Ms,
              },
            ]),
        ...json.neighbours.flatMap(({ name, aloneWorstMs, bareAloneWorstMs, worstMs, floorMs }) => [
          { attack: `${name}: alone`, worstMs: aloneWorstMs, floorMs: bareAloneWorstMs },
          { attack: `${name}: worst`, worstMs, floorMs },
        ]),
        {
          attack: `worst neighbour: ${json.worstAttack}`,
          worstMs: json.worstNeighbourMs,
          floorMs: json.floorMs,
          beyondFloorMs: json.worstBeyondFloorMs,
        },
      ],
      json,
    };
  } finally {
    await Promise.all([closeGateway(), beside.close(), bare.close()]);
    for (const { child } of [upstream, attacker]) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * Added latency at 500 requests a second, over rounds through the gateway, directly, and through the least that a
 * proxy can do, in turns: what that one adds is the price of one process more on this machine.
 */
async function ordinaryTraffic(gatewayPort: number, upstreamPort: number, barePort: number) {
  const [lane, direct, bare] = [openLane(gatewayPort), openLane(upstreamPort), openLane(barePort)];
  const lanes = [lane, direct, bare];
  const times = new Map(lanes.map((one) => [one, [] as number[]]));
  const calls = async (one: Lane, everyMs: number, ms: number): Promise<number[]> => {
    one.begin(everyMs);
    await wait(ms);
    return one.end(ORDINARY.roundMs);
  };
  try {
    for (const one of lanes) await calls(one, EVERY_MS, WARM_MS);
    for (let i = 0; i < ORDINARY.rounds; i++) {
      for (const one of i % 2 === 0 ? lanes : lanes.toReversed()) {
        times.get(one)?.push(...(await calls(one, ORDINARY.everyMs, ORDINARY.roundMs)));
      }
    }
  } finally {
    await Promise.all(lanes.map((one) => one.close()));
  }
  const at = (one: Lane, share: number): number => rounded(quantile(times.get(one) ?? [], share));
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
    addedP50Ms: rounded(p50Ms.gateway - p50Ms.direct),
    addedP99Ms: rounded(p99Ms.gateway - p99Ms.direct),
    bareAddedP50Ms: rounded(p50Ms.bareProxy - p50Ms.direct),
    bareAddedP99Ms: rounded(p99Ms.bareProxy - p99Ms.direct),
  };
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
