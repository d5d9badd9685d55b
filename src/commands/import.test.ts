import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { keptTerminal } from '../../test/support/terminal.ts';
import type { ImportReport } from '../core/import-report.ts';
import { buildProgram } from './program.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-import-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const call = (n: number): string =>
  JSON.stringify({
    request: { model: 'm', messages: [{ role: 'user', content: `mail ${n}` }] },
    response: { choices: [{ message: { role: 'assistant', content: 'late' }, finish_reason: 'stop' }] },
  });

async function run(...args: string[]): Promise<{ readonly out: string; readonly error: Error | null }> {
  const { terminal, said } = keptTerminal(dir);
  try {
    await buildProgram(terminal).parseAsync(['node', 'understudy', 'import', ...args, '--data-dir', 'data']);
    return { out: said.out, error: null };
  } catch (error) {
    return { out: said.out, error: error as Error };
  }
}

test('an import shows files, reasons with their lines, and the sum', async () => {
  writeFileSync(join(dir, 'log.jsonl'), [call(1), '{"broken', call(2), '{"else": 1}'].join('\n'));
  const dry = await run('log.jsonl', '--dry-run');
  assert.match(dry.out, /Read 2 calls from one file .*nothing was stored/);
  const { out, error } = await run('log.jsonl');
  assert.equal(error, null);
  assert.match(out, /log\.jsonl +openai-chat +2 +2\n/);
  assert.match(out, /not JSON +1 +2\n/);
  assert.match(out, /of no known format +1 +4\n/);
  assert.match(out, /Imported 2 calls from one file/);
  assert.match(out, /2 calls came without a time/);
});

test('an import of what was imported before is no error', async () => {
  writeFileSync(join(dir, 'again.jsonl'), call(3));
  await run('again.jsonl');
  const { out, error } = await run('again.jsonl');
  assert.equal(error, null);
  assert.match(out, /had been imported before\. Nothing changed/);
});

test('an import without a single call is an error, after its report', async () => {
  writeFileSync(join(dir, 'spans.jsonl'), '{"run_type":"chain","inputs":{}}');
  const { out, error } = await run('spans.jsonl', '--json');
  const report = JSON.parse(out) as ImportReport;
  assert.deepEqual([report.calls, report.already, report.skipped], [0, 0, { 'not a run of a model': 1 }]);
  assert.deepEqual(report.files[0]?.lines, [{ line: 1, reason: 'not a run of a model' }]);
  assert.match(error?.message ?? '', /No call could be read from one file \(mostly: not a run of a model\)/);
  writeFileSync(join(dir, 'empty.jsonl'), '\n');
  assert.match((await run('empty.jsonl')).error?.message ?? '', /nothing is in/);
});

test('what was read before a file of another kind stays', async () => {
  writeFileSync(join(dir, 'good.jsonl'), call(4));
  writeFileSync(join(dir, 'table.csv'), 'name,label\na,b\n');
  const { error } = await run('good.jsonl', 'table.csv');
  assert.match(error?.message ?? '', /table\.csv is of no format that can be imported: it looks like CSV/);
  assert.match((await run('good.jsonl')).out, /had been imported before/);
});
