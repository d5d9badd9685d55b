/**
 * Runs the agent on a handful of mails: `node examples/helpdesk/main.ts [COUNT]`.
 * OPENAI_BASE_URL and OPENAI_API_KEY say which model; OPENAI_MODEL its name.
 */
import { playDay } from './day.ts';
import { isRight } from './judge.ts';
import { writeDay } from './mailbox/mailbox.ts';

const count = Number(process.argv[2] ?? 10);
const baseURL = process.env.OPENAI_BASE_URL;
const apiKey = process.env.OPENAI_API_KEY;
if (!baseURL || !apiKey || !Number.isInteger(count) || count < 1) {
  console.error('Set OPENAI_BASE_URL and OPENAI_API_KEY, then: node examples/helpdesk/main.ts [COUNT]');
  process.exit(1);
}

const day = writeDay({ seed: Date.now() % 2 ** 32, morning: count, afternoon: 0 });
const byId = new Map(day.morning.map((work) => [work.id, work]));
const log = await playDay(day.morning, {
  baseURL,
  apiKey,
  model: process.env.OPENAI_MODEL ?? 'gpt-4.1',
  onCall: ({ site, workId, servedBy, output, ms }) => {
    const work = byId.get(workId);
    const right = work ? isRight(site, work, output) : null;
    const said = output.kind === 'tool' ? `${output.name} ${output.arguments}` : output.text;
    const verdict = right === null ? ' ' : right ? '+' : '-';
    const by = servedBy ?? 'model';
    console.log(
      `${verdict} ${workId} ${site} (${by}, ${Math.round(ms)} ms): ${said.slice(0, 100).replaceAll('\n', ' ')}`,
    );
  },
});
for (const failure of log.failures) console.error(`${failure.workId} failed: ${failure.message}`);
process.exitCode = log.failures.length > 0 ? 1 : 0;
