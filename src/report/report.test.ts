import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { sampleDemoReport, sampleLearnReport } from '../../test/support/sample-reports.ts';
import { demoFigures } from '../core/demo-report.ts';
import { demoText } from './demo-text.ts';
import { reportPage } from './html.ts';
import { learnText } from './learn-text.ts';
import { markup } from './markup.ts';
import { clip, table, wrap } from './table.ts';
import { duration, money, percent } from './words.ts';

const plain = { color: false, width: 100 };

test('whatever a name holds, the page gains no element and no attribute from it', () => {
  const count = (page: string, what: RegExp): number => page.match(what)?.length ?? 0;
  const base = reportPage(withName('name'));
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constant('"><img src=x onerror=alert(1)>'), fc.constant("'<!--")),
      (name) => {
        const page = reportPage(withName(name));
        assert.equal(count(page, /</g), count(base, /</g));
        assert.equal(count(page, /"/g), count(base, /"/g));
      },
    ),
    { numRuns: 60 },
  );

  function withName(name: string) {
    const report = sampleDemoReport();
    const tasks = report.learn.tasks.map((task) => ({
      ...task,
      task: { ...task.task, id: name, name },
      reason: name,
    }));
    return {
      ...report,
      tasksFound: [{ task: name, callsBySite: { [`${name}x`]: 3 } }],
      learn: { ...report.learn, tasks, notes: [name] },
      secondHalf: {
        ...report.secondHalf,
        tasks: report.secondHalf.tasks.map((task) => ({
          ...task,
          site: name,
          history: task.history.map((change) => ({ ...change, reason: name })),
        })),
      },
    };
  }
});

test('markup escapes data and keeps markup', () => {
  const inner = markup`<b title="${'"a" & b'}">${'<i>'}</b>`;
  assert.equal(markup`${[inner, 1]}`.toString(), '<b title="&quot;a&quot; &amp; b">&lt;i&gt;</b>1');
});

test('the page asks for nothing from elsewhere and holds no number that is none', () => {
  for (const report of [sampleDemoReport(), sampleLearnReport()]) {
    const page = reportPage(report);
    assert.doesNotMatch(page, /<script|<link|src=|@import|url\((?!#)/);
    assert.doesNotMatch(page, /NaN|Infinity|undefined|\[object/);
  }
});

test('every task of a report is on its page and in its text, refusals with their reason', () => {
  const report = sampleLearnReport();
  const text = learnText(report, plain);
  const page = reportPage(report);
  const refused = report.tasks.filter((task) => task.outcome === 'refused');
  assert.ok(refused.length > 0);
  for (const task of refused) {
    assert.match(text.replace(/\s+/g, ' '), new RegExp(task.reason));
    assert.match(page, new RegExp(task.reason));
    assert.match(text, /420 more/);
  }
  // Risk against coverage, and reliability.
  assert.equal((page.match(/<svg/g) ?? []).length, 2 * report.tasks.length);
  assert.match(page, /Confidence and accuracy differ by 2 % on average \(ECE\).* 0\.55 at 0\.9/);
});

test('both error rates, and what the exam could have noticed, are on the page and in the text', () => {
  const report = sampleLearnReport();
  for (const written of [learnText(report, plain).replace(/\s+/g, ' '), reportPage(report)]) {
    assert.match(written, /whose input was not in training, \d/);
    assert.match(written, /From 10 errors on .* 4 % .* 76 %/);
  }
});

test('an empty run has a text and a page', () => {
  const report = { ...sampleLearnReport(), tasks: [], calls: 0, usableCalls: 0, dropped: {} };
  assert.match(learnText(report, plain), /0 calls[\s\S]*understudy import/);
  assert.doesNotMatch(reportPage(report), /NaN|Infinity/);
});

test("the demo's figures are the report's", () => {
  const report = sampleDemoReport();
  const figures = demoFigures(report);
  assert.deepEqual(
    figures.specialists.map(({ task, method, stage }) => [task, method, stage]),
    [
      ['triage', 'head', 'live'],
      ['order-details', 'lora', 'live'],
      ['next-action', 'lora', 'live'],
    ],
  );
  assert.equal(figures.takenOverShare, report.secondHalf.takenOver.share);
  assert.equal(figures.servedErrorRate, report.secondHalf.servedErrors.share);
  assert.equal(figures.refused.length, 1);
  assert.match(demoText(report, plain), /stand-in/);
});

test('the fast demo says what it leaves out, and its figures are marked as its own', () => {
  const report = { ...sampleDemoReport(), fast: true };
  assert.match(demoText(report, plain), /fast demo/);
  assert.match(reportPage(report), /This is the fast demo\./);
  assert.equal(demoFigures(report).fast, true);
  const whole = sampleDemoReport();
  for (const text of [demoText(whole, plain), reportPage(whole)]) assert.doesNotMatch(text, /fast demo/i);
  assert.equal(demoFigures(whole).fast, false);
});

test('words for numbers', () => {
  assert.deepEqual([0.44, 12.4, 60, 185, 7199, 7800].map(duration), [
    '0.4 s',
    '12 s',
    '1 min',
    '3 min 5 s',
    '2 h 0 min',
    '2 h 10 min',
  ]);
  assert.deepEqual([0, 0.0004, 0.02, 0.623, 0.9996, 1].map(percent), [
    '0 %',
    '< 0.1 %',
    '2 %',
    '62 %',
    '> 99.9 %',
    '100 %',
  ]);
  assert.deepEqual([0, 4.126, 0.0042].map(money), ['$0', '$4.13', '$0.0042']);
});

test('a table lines up, colours and wide characters aside', () => {
  const text = table(
    { color: false },
    [{ title: 'a' }, { title: 'empty' }, { title: 'n', align: 'right' }],
    [
      ['\x1b[32mlong one\x1b[0m', '', '7'],
      ['x', '', '1,000'],
    ],
  );
  const lines = stripVTControlCharacters(text).split('\n');
  assert.equal(new Set(lines.map((line) => line.length)).size, 1);
  assert.doesNotMatch(text, /empty/);
  assert.equal(clip('abcdef', 4), 'abc…');
  assert.equal(wrap('one two three', 9, 2), '  one two\n  three');
});
