/** The assessment on calls made for a purpose: real stages, store and trainer; words alone, so no weights are needed. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AssessReport } from '../../core/assessment.ts';
import { configSchema } from '../../core/config.ts';
import { seededRandom } from '../../core/random.ts';
import { openUnderstudy } from '../../understudy.ts';

const TOPICS = ['refund', 'delivery', 'account'] as const;
const WORDS = 'alpha bravo chair delta eagle forest garden hotel island jungle kitten lemon'.split(' ');
const PROMPT =
  'You sort the mail of a shop into refund, delivery or account. Answer with one word and no more.';

/** Lines of a log; `answer` gives the label of call i. */
function log(n: number, answer: (topic: string, i: number) => string = (topic) => topic): string {
  const random = seededRandom(1);
  return Array.from({ length: n }, (_, i) => {
    const topic = TOPICS[i % 3]!;
    const text = `${topic} ${Array.from({ length: 8 }, () => random.pick(WORDS)).join(' ')} ${i}`;
    const usage = { prompt_tokens: 300, completion_tokens: 2 };
    const message = { role: 'assistant', content: answer(topic, i) };
    return `${JSON.stringify({
      session_id: `s${i}`,
      created: 1_700_000_000 + i * 60,
      request: {
        model: 'gpt-4o',
        messages: [
          { role: 'system', content: PROMPT },
          { role: 'user', content: text },
        ],
      },
      response: {
        object: 'chat.completion',
        created: 1_700_000_000 + i * 60,
        model: 'gpt-4o',
        usage,
        choices: [{ index: 0, message, finish_reason: 'stop' }],
      },
    })}\n`;
  }).join('');
}

async function inFolder(work: (dir: string, file: (text: string) => string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-assess-test-'));
  let files = 0;
  const write = (text: string): string => {
    const path = join(dir, `log-${files++}.jsonl`);
    writeFileSync(path, text);
    return path;
  };
  try {
    await work(dir, write);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const open = (dir: string) =>
  openUnderstudy({
    config: configSchema.parse({ dataDir: join(dir, 'data'), redaction: { finder: 'off' } }),
    log: () => {},
    env: { ...process.env, UNDERSTUDY_WEIGHTS: '', PIP_NO_INDEX: '1' },
  });

const assessFile = async (dir: string, path: string): Promise<AssessReport> => {
  const understudy = await open(dir);
  try {
    return await understudy.assess({ paths: [path] });
  } finally {
    await understudy.close();
  }
};

test('a log file is assessed without a store: routine, its saving, and the payback', () =>
  inFolder(async (dir, file) => {
    const { tasks, total, calls } = await assessFile(dir, file(log(900)));
    assert.equal(calls, 900);
    const task = tasks[0]!;
    assert.equal(tasks.length, 1);
    assert.equal(task.rung, 'lexical');
    const expected = task.expected.find(({ epsilon }) => epsilon === 0.02)!;
    assert.ok(expected.mean > 0.8 && expected.low <= expected.mean && expected.mean <= expected.high);
    assert.ok(total.coverage.mean > 0.8);
    assert.equal(task.profile.answersRepeated, 1);
    assert.ok(Math.abs((task.usage.callsPerDay ?? 0) / 1440 - 1) < 0.01);
    assert.ok((task.cost.savingPerDay ?? 0) > 0 && (task.cost.paybackDays ?? 1) < 1);
    assert.ok((task.cost.askAgainDollars ?? 0) > task.cost.machineDollars);
    assert.ok(!existsSync(join(dir, 'data')), 'nothing is stored');
  }));

test('random answers are expected to be refused', () =>
  inFolder(async (dir, file) => {
    const random = seededRandom(3);
    const { tasks } = await assessFile(dir, file(log(900, () => random.pick(TOPICS))));
    assert.ok(tasks[0]!.expected.every(({ epsilon, mean }) => epsilon > 0.05 || mean < 0.05));
  }));

test('what is held back for a proof is not looked at', () =>
  inFolder(async (dir, file) => {
    const plain = await assessFile(dir, file(log(900)));
    // Of 900 calls about half are held back, the latest.
    const turned = log(900, (topic, i) =>
      i < 600 ? topic : TOPICS[(TOPICS.indexOf(topic as 'refund') + 1) % 3]!,
    );
    const other = await assessFile(dir, file(turned));
    assert.deepEqual(other.tasks[0]!.probe, plain.tasks[0]!.probe);
    assert.deepEqual(other.tasks[0]!.expected, plain.tasks[0]!.expected);
  }));

test('what was expected stands beside what learning reached, and nothing that was tried is kept', () =>
  inFolder(async (dir, file) => {
    const understudy = await open(dir);
    try {
      await understudy.import([file(log(900))]);
      const assessed = await understudy.assess();
      const store = await understudy.store();
      assert.deepEqual(await store.specialists(), []);
      assert.deepEqual(readdirSync(join(dir, 'data', 'training')), []);
      const { tasks } = await understudy.learn({ dryRun: true });
      const { predicted, specialist } = tasks[0]!;
      const expected = assessed.tasks[0]!.expected.find(({ epsilon }) => epsilon === 0.02)!;
      assert.deepEqual(predicted?.coverage, { mean: expected.mean, low: expected.low, high: expected.high });
      const reached = specialist!.evidence.exam.coverage.share;
      assert.ok(reached >= expected.low && reached <= expected.high, `${reached}`);
    } finally {
      await understudy.close();
    }
  }));
