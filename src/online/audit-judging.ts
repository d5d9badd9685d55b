/**
 * The judge at the audits of a running gateway: texts without personal data as far as that is found on the calls' way, and
 * a pause after it failed, so that what cannot be judged does not fall out one by one.
 * Does not: judge (evaluate/judge), or decide what an audit means (deploy/watch).
 */
import { targetOf } from '../core/answer.ts';
import type { CallRequest } from '../core/call.ts';
import { schemasOf } from '../core/compare.ts';
import type { Config } from '../core/config.ts';
import { messageOf } from '../core/errors.ts';
import type { Judge } from '../core/judge.ts';
import type { RedactedRequest } from '../core/online.ts';
import { referenceOf } from '../core/reference.ts';
import { policyFor } from '../deploy/policy.ts';
import { scorerFor } from '../evaluate/scorers/scorer.ts';
import type { RouterOptions } from '../route/router.ts';

/** How long it is not asked after it has failed. */
const PAUSE_MS = 60_000;

export function auditJudging(options: {
  readonly judge: Judge;
  readonly config: Pick<Config, 'equality' | 'serve'>;
  readonly redact: (request: CallRequest) => RedactedRequest | null;
  readonly log: (line: string) => void;
  readonly now: () => number;
}): NonNullable<RouterOptions['judging']> {
  const { judge, config, redact, log, now } = options;
  let notBefore = 0;
  let complaint = '';
  /** Once for each trouble, which may last. */
  const complain = (line: string): void => {
    if (line !== complaint) log(line);
    complaint = line;
  };
  const isReady = (): boolean => {
    if (now() < notBefore) return false;
    if (judge.isReady()) return true;
    complain(`${judge.name} cannot judge audits now: its budget is spent, or its cost is not agreed to`);
    return false;
  };
  return {
    // Another judge than that of the proof has other errors.
    isReady: ({ evidence }) => evidence.judge?.judge === judge.name && isReady(),
    isTold: (specialist) =>
      (policyFor(specialist, { history: [] }, config.serve).judge?.byEquality ?? null) !== null,
    isCorrect: async (task, input, answer, llm, signal) => {
      try {
        const score = scorerFor(task.kind, {
          ...schemasOf(task, config.equality),
          judge: {
            judge: (pair) => {
              const texts = [pair.input, pair.reference, pair.answer];
              const [of, reference, given] = withoutNames(texts, redact);
              return judge.judge({ input: of!, reference: reference!, answer: given! }, { signal });
            },
          },
        }).score(input, referenceOf(task, llm), targetOf(answer));
        const { correct } = await score;
        complaint = '';
        // No verdict that could be read counts as at the proof.
        return correct === true;
      } catch (error) {
        notBefore = now() + PAUSE_MS;
        complain(`${judge.name} does not judge audits: ${messageOf(error)}`);
        return null;
      }
    },
  };
}

/** The texts as specialists read them. @throws where they are too long to be read so. */
function withoutNames(
  texts: readonly string[],
  redact: (request: CallRequest) => RedactedRequest | null,
): readonly string[] {
  const read = redact({
    model: '',
    tools: [],
    stream: false,
    params: {},
    messages: texts.map((content) => ({ role: 'user', content })),
  });
  if (read === null) throw new TypeError('the texts are too long to be read without personal data');
  return read.request.messages.map(({ content }) => content);
}
