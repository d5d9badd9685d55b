/**
 * Runs the agent on a handful of mails: `node examples/helpdesk/main.ts [COUNT]`.
 * OPENAI_BASE_URL and OPENAI_API_KEY say which model answers, OPENAI_MODEL its name. Without them the stand-in does.
 */
import { playDay } from './day.ts';
import { isRight } from './judge.ts';
import { writeDay } from './mailbox/mailbox.ts';
import { startStandIn } from './stand-in.ts';

const count = Number(process.argv[2] ?? 10);
if (!Number.isInteger(count) || count < 1) {
  console.error('How many mails? node examples/helpdesk/main.ts [COUNT]');
  process.exit(1);
}

const { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: apiKey, OPENAI_MODEL: model = 'gpt-4.1' } = process.env;
const { morning } = writeDay({ seed: Date.now() % 2 ** 32, morning: count, afternoon: 0 });
const byId = new Map(morning.map((work) => [work.id, work]));
const standIn = baseURL && apiKey ? null : await startStandIn({ mailbox: morning });
if (standIn)
  console.log('No OPENAI_BASE_URL and OPENAI_API_KEY: the stand-in answers from the mailbox’s truth.');

const log = await playDay(morning, {
  baseURL: standIn?.url ?? baseURL!,
  apiKey: standIn ? 'none' : apiKey!,
  model,
  onCall: ({ site, workId, servedBy, output, ms }) => {
    const right = isRight(site, byId.get(workId)!, output);
    const verdict = right === null ? ' ' : right ? '+' : '-';
    const said = output.kind === 'tool' ? `${output.name} ${output.arguments}` : output.text;
    const by = servedBy ?? (standIn ? 'stand-in' : model);
    console.log(
      `${verdict} ${workId} ${site} (${by}, ${ms.toFixed(0)} ms) ${said.replaceAll(/\s+/g, ' ').slice(0, 100)}`,
    );
  },
});
await standIn?.close();
for (const failure of log.failures) console.error(`${failure.workId} failed: ${failure.message}`);
process.exitCode = log.failures.length > 0 ? 1 : 0;
