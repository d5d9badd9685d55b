/**
 * What importing costs: files of made-up calls, read alone (bytes to calls) and read, sealed and stored, beside a
 * floor in the same run: JSON.parse over the same lines. Two kinds of log: short classifications, and an agent's
 * conversation that grows with each call; the first also as one array over several lines. By CPU time.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importFiles } from '../src/capture/importers/import.ts';
import { drySink, type ImportSink, journalSink } from '../src/capture/importers/sink.ts';
import { openDataFolder } from '../test/support/data-folder.ts';
import type { BenchmarkResult } from './run.ts';

const CALLS = 10_000;
const TURNS = 12;
const PAIRS = 3;
const START = Date.UTC(2026, 0, 5);

interface Log {
  readonly name: string;
  readonly calls: number;
  readonly text: string;
}

export async function run(): Promise<BenchmarkResult> {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-bench-import-'));
  try {
    const results = [];
    for (const { name, calls, text } of logs()) {
      const path = join(dir, name);
      writeFileSync(path, text);
      // Pairs, so that what else the machine does weighs on both alike. The first warms up.
      const runs = [];
      for (let i = 0; i <= PAIRS; i++) {
        const floor = await seconds(async () => parseLines(path));
        const reading = await seconds(() => read(path, drySink(), calls));
        runs.push({ floor, reading });
      }
      const measured = runs.slice(1);
      const whole = await seconds(() => readAndJournal(path, mkdtempSync(join(dir, 'store-')), calls));
      const floor = median(measured.map((each) => each.floor));
      const reading = median(measured.map((each) => each.reading));
      results.push({
        log: name,
        calls,
        mb: round(statSync(path).size / 1e6),
        floorCallsPerSecond: Math.round(calls / floor),
        readingCallsPerSecond: Math.round(calls / reading),
        wholeCallsPerSecond: Math.round(calls / whole),
        readingOverFloor: round(median(measured.map((each) => each.reading / each.floor))),
        wholeOverFloor: round(whole / floor),
        sealingAndStoringShare: round(1 - reading / whole),
      });
    }
    return { table: results, json: { results } };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function parseLines(path: string): void {
  const text = readFileSync(path, 'utf8');
  if (text.startsWith('[')) JSON.parse(text);
  else for (const line of text.split('\n')) if (line !== '') JSON.parse(line);
}

async function read(path: string, sink: ImportSink, calls: number): Promise<void> {
  const report = await importFiles([path], { sink });
  if (report.calls !== calls) throw new Error(`${report.calls} of ${calls} calls were read`);
}

async function readAndJournal(path: string, dir: string, calls: number): Promise<void> {
  const folder = openDataFolder(dir);
  const sink = journalSink({ ...folder, dir: join(dir, 'journal') });
  try {
    await read(path, sink, calls);
  } finally {
    sink.close();
    await folder.store.close();
  }
}

function logs(): Log[] {
  const short = Array.from({ length: CALLS }, (_, n) =>
    record(n, [
      {
        role: 'system',
        content: `${'Sort the customer’s question into one of these labels. '.repeat(4)}Answer with the label alone.`,
      },
      { role: 'user', content: question(n) },
    ]),
  );
  const long = Array.from({ length: CALLS / 4 }, (_, n) => {
    const turns = 1 + (n % TURNS);
    const run = Math.floor(n / TURNS);
    return record(n, [
      {
        role: 'system',
        content: 'You are the agent of an airline. Keep to the policy of the house. '.repeat(60),
      },
      ...Array.from({ length: 2 * turns - 1 }, (_, i) => ({
        role: i % 2 === 0 ? 'user' : 'assistant',
        content: `${question(run * 100 + i)} ${'It is about the booking of last week. '.repeat(6)}`,
      })),
    ]);
  });
  const lines = (records: readonly object[]): string =>
    records.map((each) => `${JSON.stringify(each)}\n`).join('');
  return [
    { name: 'short.jsonl', calls: short.length, text: lines(short) },
    { name: 'short.json', calls: short.length, text: JSON.stringify(short, null, 2) },
    { name: 'conversations.jsonl', calls: long.length, text: lines(long) },
  ];
}

function record(n: number, messages: readonly object[]): object {
  return {
    request: { model: 'gpt-4o', temperature: 0, messages },
    response: {
      id: `chatcmpl-${n}`,
      object: 'chat.completion',
      created: START / 1000 + n,
      model: 'gpt-4o-2024-08-06',
      choices: [
        { index: 0, message: { role: 'assistant', content: `label_${n % 77}` }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 90, completion_tokens: 4, total_tokens: 94 },
    },
    session_id: `run-${Math.floor(n / TURNS)}`,
    timestamp: new Date(START + n * 1000).toISOString(),
  };
}

function question(n: number): string {
  const things = ['card', 'transfer', 'exchange rate', 'refund', 'top-up', 'PIN', 'statement'];
  const ends = ['has not arrived', 'was declined', 'looks wrong', 'is still pending', 'must be changed'];
  return `Question ${n}: my ${things[n % 7]} ${ends[n % 5]}, and I have been waiting since day ${n % 31}. What can I do?`;
}

/** CPU seconds that this process spends on the work: what else the machine does weighs little on them. */
async function seconds(work: () => Promise<void>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
