/**
 * Why a task stands where it does, in a sentence: why it is not live, or how it fares if it is. From the record alone.
 * Does not: decide anything (deploy/stages), or list what would help (attention.ts).
 */
import type { Deployment } from '../../core/deployment.ts';
import type { UnusedAnswers } from '../../core/figures.ts';
import type { StoppedTask } from '../../core/job.ts';
import { percent } from '../../core/percent.ts';
import type { Specialist, Verdict } from '../../core/specialist.ts';
import type { Task } from '../../core/task.ts';
import type { Outlook } from '../../deploy/stages.ts';

export interface Standing {
  readonly excluded: Task['excluded'] | null;
  readonly stopped: StoppedTask | null;
  readonly deployment: Deployment | null;
  /** The one that is deployed, else the newest. */
  readonly specialist: Specialist | null;
  readonly verdicts: readonly Verdict[];
  readonly outlook: Outlook | null;
  /** Of its deployment. */
  readonly unused: readonly UnusedAnswers[];
  /** Of its latest calls that were decided on. */
  readonly lately: { readonly calls: number; readonly served: number };
}

export function whyOf({
  excluded,
  stopped,
  deployment,
  specialist,
  verdicts,
  outlook,
  unused,
  lately,
}: Standing): string {
  if (excluded) {
    const why = excluded.reason === '' ? '' : `: ${excluded.reason}`;
    return `Excluded by ${excluded.by}${why}. It is neither learnt nor served until it is included again.`;
  }
  if (stopped) {
    const why = stopped.reason === '' ? '' : `: ${stopped.reason}`;
    return `Stopped by ${stopped.by}${why}. Its calls go to the LLM until it is let go on.`;
  }
  const last = deployment?.history.at(-1)?.reason ?? '';
  if (deployment === null || (deployment.stage === 'retired' && specialist?.id !== deployment.specialistId)) {
    if (specialist) return `Not deployed: ${lower(specialist.evidence.gate.reason)}`;
    const tried = verdicts[0]?.reason;
    return tried ? `Not deployed: ${lower(tried)}` : 'Not learnt yet: run `understudy learn`.';
  }
  const more = outlook?.moreComparisons ?? null;
  const soFar = outlook === null ? '' : `${outlook.errors} of ${outlook.comparisons} comparisons differ`;
  const ahead =
    outlook === null
      ? ''
      : more === null
        ? ` It is not to be expected that its error is shown to be below ${percent(outlook.margin)}.`
        : more === 0
          ? ` The next comparisons show whether its error is below ${percent(outlook.margin)}.`
          : ` About ${more} more comparisons show whether its error is below ${percent(outlook.margin)}.`;
  switch (deployment.stage) {
    case 'shadow': {
      const none = unusedText(unused, outlook?.comparisons ?? 0);
      const found = outlook?.comparisons === 0 ? 'none of its answers could be compared yet' : soFar;
      const back = deployment.history.at(-1)?.expects ? `Back in shadow (${last}): ` : 'In shadow: ';
      return `${back}${none === '' ? found : outlook?.comparisons === 0 ? none : `${soFar}; ${none}`}.${ahead}`;
    }
    case 'canary':
      return `Canary: ${soFar}.${ahead}`;
    case 'live': {
      const promised = specialist ? percent(specialist.evidence.exam.coverage.share, 0) : '–';
      return lately.calls === 0
        ? `Live: no call has come since. ${promised} of the calls were promised to be served.`
        : `Live: ${percent(lately.served / lately.calls, 0)} of the last ${lately.calls} calls served, ${promised} promised.`;
    }
    case 'suspended':
      return `Suspended: ${last}.`;
    case 'retired':
      return `Withdrawn: ${last}.`;
    default:
      return 'It passed, and waits for a person’s approval.';
  }
}

const UNUSED: Readonly<Record<string, string>> = {
  'invalid-output': 'did not follow the schema, the tools or the labels',
  'low-confidence': 'were below the threshold',
  'unfamiliar-input': 'were to inputs unlike those learnt from',
  'session-limit': 'were to more calls of a session than the proof allows',
  overload: 'came too late',
  error: 'failed',
};

/** '220 of 220 answers did not follow the schema, …': the most frequent reason; '' where all could be used. */
function unusedText(unused: readonly UnusedAnswers[], compared: number): string {
  const [most] = [...unused].sort((a, b) => b.answers - a.answers);
  if (!most) return '';
  const all = unused.reduce((sum, { answers }) => sum + answers, compared);
  return `${most.answers} of ${all} answers ${UNUSED[most.reason] ?? most.reason}`;
}

/** As the rest of a sentence. Abbreviations and names in capitals stay. */
const lower = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
