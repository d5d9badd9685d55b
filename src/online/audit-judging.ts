/**
 * The judge at the audits of a running gateway: texts without personal data, and audits that count only while the judge
 * answers, so that what it cannot judge does not fall out one by one.
 * Does not: judge (evaluate/judge), or decide what an audit means (deploy/watch).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, targetOf } from '../core/answer.ts';
import type { CallRequest, CallResponse } from '../core/call.ts';
import { schemasOf } from '../core/compare.ts';
import type { Config } from '../core/config.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Judge } from '../core/judge.ts';
import type { RedactedRequest } from '../core/online.ts';
import { referenceOf } from '../core/reference.ts';
import type { Task } from '../core/task.ts';
import { policyFor } from '../deploy/policy.ts';
import { scorerFor } from '../evaluate/scorers/scorer.ts';
import type { AuditJudging } from '../route/comparison.ts';

/** How long it is not asked after it has failed; twice as long with each failure in a row, up to an hour. */
const [PAUSE_MS, MAX_PAUSE_MS] = [60_000, 3_600_000];
/** Failures in a row after which somebody is told. */
const TOLD_AFTER = 3;
/** Equal texts that wait for the judge's next word, at most. */
const MAX_HELD = 10_000;
/** How often a text is asked for that is read elsewhere, without personal data, and how long that may take. */
const [READS, READ_WAIT_MS] = [20, 250];

export function auditJudging(options: {
  readonly judge: Judge;
  readonly config: Pick<Config, 'equality' | 'serve'>;
  readonly redact: (request: CallRequest) => RedactedRequest | null;
  readonly log: (line: string) => void;
  readonly now: () => number;
  /** Told, once until it answers again, that it keeps failing. No payload. Default: only the log is. */
  readonly onDown?: (why: string) => void;
  /** Waits; for tests. */
  readonly wait?: (ms: number) => Promise<unknown>;
}): AuditJudging {
  const { judge, config, redact, log, now, wait = sleep } = options;
  let notBefore = 0;
  /** What became of the last request. */
  let answers = true;
  /** In a row. */
  let failures = 0;
  let complaint = '';
  let held: (() => void)[] = [];
  /** Once for each trouble, which may last. */
  const complain = (line: string): void => {
    if (line !== complaint) log(line);
    complaint = line;
  };
  const isAfforded = (): boolean => {
    if (judge.isReady()) return true;
    complain(`${judge.name} cannot judge audits now: its budget is spent, or its cost is not agreed to`);
    return false;
  };
  const failed = (why: string): null => {
    // Requests that were under way fail of the same trouble: it is one.
    if (now() < notBefore) {
      held = [];
      return null;
    }
    [answers, held] = [false, []];
    notBefore = now() + Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** failures);
    failures++;
    complain(`${judge.name} does not judge audits: ${why}`);
    if (failures === TOLD_AFTER) options.onDown?.(why);
    return null;
  };

  const whyOf = (error: unknown): string => {
    if (!(error instanceof UnderstudyError)) return 'an unexpected error';
    return typeof error.data.why === 'string' ? error.data.why : error.code;
  };

  const isOwn: AuditJudging['isOwn'] = ({ evidence }) => evidence.judge?.identity === judge.identity;
  const isCorrect = async (
    task: Task,
    { request, input }: { readonly request: CallRequest; readonly input: string },
    answer: Answer,
    llm: CallResponse,
    signal: AbortSignal,
  ): Promise<boolean | null> => {
    if (now() < notBefore || !isAfforded()) {
      held = [];
      return null;
    }
    let isUnread = false;
    try {
      const scorer = scorerFor(task.kind, {
        ...schemasOf(task, config.equality),
        judge: {
          judge: async ({ reference, answer: given }) => {
            const read = await withoutNames(request, [reference, given]);
            // What cannot be read without names is not sent, and not vouched for.
            isUnread = read === null;
            if (read === null) return { outcome: 'unreadable', byPlace: null };
            return judge.judge({ input, reference: read[0]!, answer: read[1]! }, { signal });
          },
        },
      });
      const { correct } = await scorer.score(input, referenceOf(task, llm), targetOf(answer));
      // Nobody was asked: that tells nothing of the judge, and while it fails nothing counts that it was not asked about.
      if (isUnread) return answers ? correct === true : null;
      [answers, failures, complaint] = [true, 0, ''];
      for (const count of held.splice(0)) count();
      // No verdict that could be read counts as at the proof.
      return correct === true;
    } catch (error) {
      // Whoever breaks off says nothing about the judge. A server's own words may quote what it was asked.
      if (signal.aborted) return null;
      return failed(whyOf(error));
    }
  };

  /** The texts as specialists read them, in the conversation that they end; null where they are too long for that. */
  async function withoutNames(
    request: CallRequest,
    texts: readonly string[],
  ): Promise<readonly string[] | null> {
    const messages = texts.map((content) => ({ role: 'assistant' as const, content }));
    const whole = { ...request, messages: [...request.messages, ...messages] };
    for (let reads = 0; reads < READS; reads++) {
      const first = redact(whole);
      // An audit can wait for the model that finds people.
      const read = first?.complete ? await first.complete(true) : first;
      if (read) return read.request.messages.slice(-texts.length).map(({ content }) => content);
      await wait(READ_WAIT_MS);
    }
    return null;
  }

  return {
    isOwn,
    isReady: (specialist) => isOwn(specialist) && answers && now() >= notBefore && isAfforded(),
    isTold: (specialist) =>
      (policyFor(specialist, { history: [] }, config.serve).judge?.byEquality ?? null) !== null,
    isCorrect,
    hold: (count) => {
      if (held.length < MAX_HELD) held.push(count);
    },
  };
}
