/**
 * The program as users start it (real recorder, journal and store in a folder of its own), in a process of its own.
 * Tells its port; asked, how long its event loop was held up at most since the last time, and its memory.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { configSchema } from '../../src/core/config.ts';
import { openUnderstudy } from '../../src/understudy.ts';

const [dataDir = '', upstreamUrl = ''] = process.argv.slice(2);
const defaults = configSchema.parse({});
const understudy = await openUnderstudy({
  config: {
    ...defaults,
    dataDir,
    gateway: { ...defaults.gateway, port: 0 },
    upstream: { ...defaults.upstream, baseUrl: upstreamUrl },
  },
  log: (line) => console.error(line),
  env: { ...process.env, UNDERSTUDY_MASTER_KEY: Buffer.alloc(32, 1).toString('base64') },
});
const gateway = await understudy.startGateway();

const delay = monitorEventLoopDelay({ resolution: 1 });
let rss = 0;
// The same by the main thread's CPU time, which other programs on the machine do not lengthen.
let cpu = process.threadCpuUsage();
let loopCpuMs = 0;
let isWatched = false;

/** Watching wakes the event loop each millisecond: it begins when it is first asked for, after the ordinary traffic. */
function watch(): void {
  isWatched = true;
  delay.enable();
  setInterval(() => {
    const now = process.threadCpuUsage();
    loopCpuMs = Math.max(loopCpuMs, (now.user + now.system - cpu.user - cpu.system) / 1000);
    cpu = now;
  }, 1);
  setInterval(() => {
    rss = Math.max(rss, process.memoryUsage.rss());
  }, 50);
}

process.on('message', () => {
  if (!isWatched) watch();
  process.send?.({ loopMs: delay.max / 1e6, loopCpuMs, rssMb: Math.round(rss / 1e6) });
  delay.reset();
  loopCpuMs = 0;
  cpu = process.threadCpuUsage();
  rss = process.memoryUsage.rss();
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port: gateway.port });
