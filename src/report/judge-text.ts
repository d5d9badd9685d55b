/** A judge's figures, in words, for the terminal, the page and reasons. Does not: hold figures (core/judge). */
import type { JudgeCost, JudgeEvidence, JudgeQuality, JudgeReport, SpoiltBy } from '../core/judge.ts';
import type { StatusReport } from '../core/status-report.ts';
import { count, money, percent, plural, rate } from './words.ts';

const WAYS: Readonly<Record<SpoiltBy, string>> = {
  'another-call': 'another call’s answer',
  'cut-short': 'an answer cut short',
  changed: 'an answer with a number or a "not" changed',
  'with-instruction': 'another call’s answer with an instruction to the judge',
};

/** Its own errors: what it misses, what it fails, and which place it favours. */
export function qualityText({ caught, byPlace, unreadable }: JudgeQuality): string {
  const ways = Object.entries(caught).map(
    ([way, { hits, n }]) => `${WAYS[way as SpoiltBy]} ${hits} of ${n} times`,
  );
  const place = Math.max(byPlace.first.share, byPlace.second.share);
  const which = byPlace.first.share >= byPlace.second.share ? 'first' : 'second';
  return [
    `it found worse ${ways.join(', ') || 'nothing, as there was nothing to measure it on'}`,
    ...(place > 0 ? [`the ${which} place won in both orders in ${percent(place)} of the pairs`] : []),
    ...(unreadable.hits > 0 ? [`${percent(unreadable.share)} of its verdicts could not be read`] : []),
  ].join('; ');
}

/** By whom it was judged, and what that is worth; '' where equality decided. */
export function judgedText(evidence: JudgeEvidence | undefined): string {
  if (!evidence) return '';
  const { judge, limits, worse } = evidence;
  return ` Texts were judged by ${judge}, which misses at most ${percent(1 - limits.sensitivity)} of worse answers (${qualityText(evidence)}). Of the calls to be served it found the specialist’s answer worse in ${rate(worse)}.`;
}

/** What a judge would cost for a task, or why it decides nothing. */
export function judgeLine({ judge, texts, cost, refusal, quality }: JudgeReport): string {
  const what = `${plural(texts, 'text')} for ${judge}: ${costText(cost)}`;
  if (refusal !== null) return `${what}. It decides nothing: ${refusal}.`;
  return quality === null ? `${what}.` : `${what}. Its own errors: ${qualityText(quality)}.`;
}

/** 'Judge big: $0.12 of $1.00 a day are spent today.' */
export function judgeSpentLine({
  name,
  spentToday,
  dollarsADay,
  refusal,
}: NonNullable<StatusReport['judge']>): string {
  const spent = `${money(spentToday)} of ${money(dollarsADay)} are spent today`;
  return `Judge ${name}: ${refusal === null ? spent : 'it is not asked, as its cost is not agreed to (judge.agreed); `understudy assess` says what it would be'}.`;
}

/** By whom a specialist's texts are judged, and its own errors. */
export const judgedByText = ({ judge, limits }: JudgeEvidence): string =>
  `texts are judged by ${judge}, which misses at most ${percent(1 - limits.sensitivity)} of worse answers.`;

const costText = ({ requests, tokens, dollars }: JudgeCost): string =>
  `about ${plural(requests, 'request')}, ${count(tokens)} tokens, ${money(dollars)}; more where it reasons before it answers`;
