import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressLine, progressText } from './progress.ts';

function recorder(interactive: boolean) {
  const written: string[] = [];
  let clock = 0;
  const line = progressLine({ err: (text) => written.push(text), interactive, width: 60 }, () => clock);
  const wait = (ms: number): void => {
    clock += ms;
  };
  return { written, line, wait };
}

test('off a terminal: a line per step and subject, then one every few seconds, never a control code', () => {
  const { written, line, wait } = recorder(false);
  for (let done = 0; done <= 100; done++) {
    line.show({ step: 'train', subject: 'triage', done, total: 100 });
    wait(100);
  }
  line.show({ step: 'evaluate', subject: 'triage', done: 0, total: 10 });
  line.end();
  line.show({ step: 'evaluate', subject: 'triage', done: 10, total: 10 });
  assert.equal(written.length, 4);
  assert.match(written.at(-1) ?? '', /^evaluate/);
  assert.ok(written.every((text) => text.endsWith('\n') && !text.includes('\x1b')));
});

test('on a terminal: one line that renews itself, within the width, and is gone in the end', () => {
  const { written, line, wait } = recorder(true);
  for (let done = 0; done < 10; done++) {
    line.show({ step: 'train', subject: 'x'.repeat(90), done, total: 10 });
    wait(200);
  }
  assert.ok(
    written.every((text) => text.startsWith('\r\x1b[2K') && !text.includes('\n') && text.length <= 65),
  );
  line.note('a note');
  assert.equal(written.at(-2), '\r\x1b[2K');
  assert.equal(written.at(-1), 'a note\n');
});

test('the text says what, how much, how long, and the figure worth seeing', () => {
  const text = progressText({
    step: 'train',
    subject: 'triage',
    done: 120,
    total: 400,
    leftMs: 125_000,
    note: 'loss 0.31',
  });
  assert.equal(text, 'train      triage  120/400 (30 %), 2 min 5 s left · loss 0.31');
  assert.equal(progressText({ step: 'cluster', done: 0, total: 0 }), 'cluster  ');
});
