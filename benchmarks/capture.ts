/**
 * What capture costs: recording calls against doing the same without, redaction speed, and draining into SQLite.
 * The calls are made up (an agent that sends its growing conversation again each time), so that it runs anywhere.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { type JournalRecorder, openRecorder } from '../src/capture/recorder.ts';
import {
  compilePolicy,
  namesOfEntities,
  obviousNames,
  redactEntities,
  redactText,
} from '../src/capture/redact/redact.ts';
import { createSealer } from '../src/capture/sealer.ts';
import { dayOf } from '../src/capture/vault.ts';
import type { Call, Message } from '../src/core/call.ts';
import { openDataFolder, REDACTION } from '../test/support/data-folder.ts';
import type { BenchmarkResult } from './run.ts';

const CALLS = 2000;
const TURNS = 10;
const AT_ONCE = 16;
const PAIRS = 3;
const SYSTEM = `You are the mail agent of a shop. ${'Follow the policy of the house in every answer. '.repeat(60)}`;

export async function run(): Promise<BenchmarkResult> {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-bench-'));
  try {
    const { store, vault, redact, drain, calls: read } = openDataFolder(dir);
    const journal = join(dir, 'journal');
    const recorder = await openRecorder({ dir: journal, vault, redaction: REDACTION, log: console.error });
    const calls = conversations(CALLS);
    const payload = calls.reduce((sum, call) => sum + JSON.stringify(call.request.messages).length, 0);

    // Pairs, one after the other, so that a machine that is busy with other things weighs on both alike; by CPU
    // time, so that it weighs little at all.
    await serve(calls.slice(0, 200), null);
    const pairs: { without: number; with: number }[] = [];
    for (let i = 0; i < PAIRS; i++) {
      const without = await serve(renamed(calls, `a${i}`), null);
      pairs.push({ without, with: await serve(renamed(calls, `b${i}`), recorder) });
    }
    await vault.prepare(dayOf(Date.now()));
    const sealer = createSealer({ sealing: vault, redact });
    const sealing = await cpuTime(async () => {
      for (const call of renamed(calls, 'c')) sealer.prepare(call).seal();
    });
    const recording = await cpuTime(async () => {
      for (const call of renamed(calls, 'd')) await recorder.record(call, 'key');
    });
    await recorder.close();
    const failed = recorder.counts.failed;

    let drained = 0;
    const draining = await cpuTime(async () => {
      drained = (await drain(journal)).calls;
    });
    const reading = await cpuTime(async () => {
      await read();
    });
    await store.close();

    const redacted = redactionSpeed();
    const json = {
      calls: CALLS,
      payloadMb: round(payload / 1e6),
      requestMicrosecondsWithout: Math.round(median(pairs.map((pair) => pair.without)) / CALLS),
      requestMicrosecondsWith: Math.round(median(pairs.map((pair) => pair.with)) / CALLS),
      ratio: round(median(pairs.map((pair) => pair.without / pair.with))),
      sealMicroseconds: Math.round(sealing / CALLS),
      recordMicroseconds: Math.round(recording / CALLS),
      failed,
      drainMicroseconds: Math.round(draining / drained),
      readMicroseconds: Math.round(reading / drained),
      redactionMbPerSecond: redacted,
    };
    return {
      table: [
        {
          measure: 'client, proxy and upstream, not recorded: CPU µs/call',
          value: json.requestMicrosecondsWithout,
        },
        {
          measure: 'the same, recorded before the response ends: CPU µs/call',
          value: json.requestMicrosecondsWith,
        },
        { measure: 'throughput with recording / without (median of pairs)', value: json.ratio },
        { measure: 'redacting and sealing alone: CPU µs/call', value: json.sealMicroseconds },
        { measure: 'recording, one call a turn: CPU µs/call', value: json.recordMicroseconds },
        { measure: 'calls that failed to record', value: failed },
        { measure: 'journal to store: CPU µs/call', value: json.drainMicroseconds },
        { measure: 'store to memory: CPU µs/call', value: json.readMicroseconds },
        { measure: 'redaction of mail with personal data: MB/s', value: redacted.mail },
        { measure: 'redaction of prose without any: MB/s', value: redacted.prose },
        { measure: 'redaction of JSON arguments: MB/s', value: redacted.json },
      ],
      json,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** CPU microseconds to answer all calls through a small proxy in front of a server, some at once. */
async function serve(calls: readonly Call[], recorder: JournalRecorder | null): Promise<number> {
  const upstream = createServer((request, response) => {
    request.resume().on('end', () => response.end('{"choices":[]}'));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const pool = new Pool(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`, {
    connections: AT_ONCE,
  });
  const byId = new Map(calls.map((call) => [call.id, call]));
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await pool.request({ method: 'POST', path: '/', body: Buffer.concat(chunks) });
    response.write(Buffer.from(await answer.body.arrayBuffer()));
    const call = byId.get(request.url?.slice(1) ?? '');
    if (recorder && call) await recorder.record(call, 'key');
    response.end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const client = new Pool(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, {
    connections: AT_ONCE,
  });
  const bodies = calls.map((call) => ({ id: call.id, body: JSON.stringify(call.request) }));
  let next = 0;
  const spent = await cpuTime(async () => {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let one = bodies[next++]; one !== undefined; one = bodies[next++]) {
          const answer = await client.request({ method: 'POST', path: `/${one.id}`, body: one.body });
          await answer.body.arrayBuffer();
        }
      }),
    );
  });
  await client.close();
  await pool.close();
  proxy.close();
  upstream.close();
  return spent;
}

/** CPU microseconds that this process spends on the work. */
async function cpuTime(work: () => Promise<void>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function renamed(calls: readonly Call[], suffix: string): Call[] {
  return calls.map((call) => ({
    ...call,
    id: `${call.id}${suffix}`,
    request: {
      ...call.request,
      messages: call.request.messages.map((message) =>
        message.role === 'user' ? { ...message, content: `${message.content} (${suffix})` } : message,
      ),
    },
  }));
}

function conversations(count: number): Call[] {
  const calls: Call[] = [];
  let messages: Message[] = [];
  for (let n = 0; n < count; n++) {
    if (n % TURNS === 0) messages = [{ role: 'system', content: SYSTEM }];
    messages = [...messages, { role: 'user', content: mail(n) }];
    const answer: Message = { role: 'assistant', content: `Thank you for message ${n}. It is on its way.` };
    calls.push({
      id: `call_${n}`,
      at: Date.now(),
      sessionId: `session_${Math.floor(n / TURNS)}`,
      origin: '',
      tags: {},
      request: { model: 'gpt-4o', messages, tools: [], stream: false, params: { temperature: 0 } },
      response: { model: 'gpt-4o', message: answer, finishReason: 'stop', usage: null },
      status: 200,
      latencyMs: 1,
      served: { by: 'llm', reason: 'no-specialist' },
    });
    messages = [...messages, answer];
  }
  return calls;
}

function mail(n: number): string {
  return `Hello,\n\nmy order ${4421000 + n} has not arrived. ${'It was to come last week, and nobody answers. '.repeat(4)}Please write to anna.schmidt${n}@web.de or call +49 170 ${1234567 + n}.\n\nBest regards,\nAnna Schmidt`;
}

/** Megabytes a second over two megabytes of each kind of text, after one pass to warm up. */
function redactionSpeed(): { readonly mail: number; readonly prose: number; readonly json: number } {
  const context = { key: new Uint8Array(32).fill(7), policy: compilePolicy(REDACTION) };
  /** Without a finder: names in obvious positions alone. */
  const bothStages = (text: string): string => {
    const made = redactText(text, context);
    const entities = obviousNames(made);
    return redactEntities(made, entities, namesOfEntities(made, entities), context);
  };
  const speed = (make: (n: number) => string): number => {
    const texts: string[] = [];
    for (let bytes = 0, n = 0; bytes < 2e6; n++) {
      const text = make(n);
      texts.push(text);
      bytes += text.length;
    }
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    for (const text of texts) bothStages(text);
    const start = process.cpuUsage();
    for (const text of texts) bothStages(text);
    const { user, system } = process.cpuUsage(start);
    return round(bytes / (user + system));
  };
  const prose = (n: number): string =>
    `Question ${n}: how do I change the size of an order after it was packed? `.repeat(10);
  return {
    mail: speed(mail),
    prose: speed(prose),
    json: speed((n) =>
      JSON.stringify({ order_id: `A-${n}`, customer_email: `kim${n}@web.de`, note: prose(n) }),
    ),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
