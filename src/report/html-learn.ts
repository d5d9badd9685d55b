/** The sections of a learning run: what passed, the proof for each task, what was tried, what was refused. */
import type { LearnReport, TaskReport } from '../core/learning.ts';
import type { ConfidenceQuality } from '../core/specialist.ts';
import { confidenceText, truthText, unseenText, vetoText } from './evidence-text.ts';
import { judgedText, judgeLine } from './judge-text.ts';
import { byKindText, kindText, leftOutText } from './kinds-text.ts';
import { reasonsText, refusalText } from './learn-text.ts';
import { type Markup, markup } from './markup.ts';
import { riskPlot } from './plot.ts';
import { reliabilityPlot } from './reliability-plot.ts';
import { count, duration, milliseconds, percent, plural, rate } from './words.ts';

export function learnSections(report: LearnReport): Markup {
  const passed = report.tasks.filter((task) => task.outcome === 'passed');
  const all = report.tasks.reduce((sum, task) => sum + task.task.calls, 0);
  const coverable = passed.reduce(
    (sum, task) => sum + task.task.calls * (task.specialist?.evidence.exam.coverage.share ?? 0),
    0,
  );
  return markup`<div class="tiles">
${tile(`${passed.length} of ${report.tasks.length}`, 'tasks passed the gate')}
${tile(all === 0 ? '–' : percent(coverable / all), 'of the calls in tasks could be served by small models')}
${tile(percent(report.epsilon), `most errors among them, with ${percent(1 - report.delta)} confidence for each task`)}
${tile(count(report.usableCalls), `usable calls of ${count(report.calls)}`)}
</div>
${leftOut(report)}
${proofSection(report)}
${refusedSection(report)}`;
}

export function tile(value: string, caption: string): Markup {
  return markup`<div class="tile"><b>${value}</b><span>${caption}</span></div>`;
}

function leftOut(report: LearnReport): Markup {
  const dropped = report.leftOut ? leftOutText(report.leftOut) : reasonsText(report.dropped);
  return markup`${dropped === '' ? null : markup`<p class="facts">Nothing is learnt from: ${dropped}.</p>`}
${report.notes.map((note) => markup`<p class="note">${note}</p>`)}`;
}

/** The proof of each task. */
export function proofSection(report: LearnReport): Markup {
  return markup`<h2>The proof</h2>
<p class="soft">Each task's specialist on calls it has never seen. The threshold was chosen on the calibration split; the exam, which is later and was untouched until then, shows what it is worth. The bar through the point is the exam's 95 % interval.${familyText(report)}</p>
<ul class="key"><li><i style="background:var(--shadow)"></i>calibration split</li><li><i style="background:var(--accent)"></i>exam split</li><li><i class="dashed"></i>bound ε</li><li><i class="block" style="background:var(--accent);border-radius:50%"></i>chosen threshold</li></ul>
<div class="cards">${report.tasks.map(card)}</div>`;
}

/** What a bound for each task comes to over all of them. */
function familyText({ tasks, delta }: LearnReport): string {
  if (tasks.length < 2) return '';
  return ` The bound is stated for each task: of ${tasks.length}, at most ${Number((tasks.length * delta).toPrecision(2))} may be expected to pass and break it.`;
}

/** A card per task with its curve of risk against coverage. */
function card(task: TaskReport): Markup {
  const { specialist } = task;
  const evidence = specialist?.evidence;
  const badge = task.outcome === 'passed' ? (task.deployed ? 'passed, deployed' : 'passed') : 'refused';
  return markup`<section class="card"><header><h3>${task.task.name}</h3><span class="badge ${task.outcome}">${badge}</span></header>
<p class="facts">${kindText(task.task)} · ${count(task.task.calls)} calls${task.dataset === null ? null : ` · train ${count(task.dataset.sizes.train)}, validation ${count(task.dataset.sizes.validation)}, calibration ${count(task.dataset.sizes.calibration)}, exam ${count(task.dataset.sizes.exam)}`}</p>
${evidence ? riskPlot(task.task.id, evidence) : null}
${evidence?.calibration.confidence ? confidence(task.task.id, evidence.calibration.confidence) : null}
${evidence && task.outcome === 'passed' ? markup`<p><strong>${specialist?.candidate.rung ?? ''}</strong>${specialist?.candidate.base ? ` on ${specialist.candidate.base}` : ''} serves <strong>${percent(evidence.exam.coverage.share)}</strong> of the calls; ${evidence.exam.servedError.hits} of ${count(evidence.exam.servedError.n)} exam answers it would have served are wrong: ${rate(evidence.exam.servedError)}${unseenText(evidence)}.${vetoText(evidence)}${judgedText(evidence.judge)}${truthText(evidence)}${byKindText(evidence)} Of all its answers ${percent(evidence.exam.accuracy.share)} are right${evidence.exam.fieldScore === null ? '' : `, ${percent(evidence.exam.fieldScore)} by field`}. p50 ${milliseconds(evidence.latencyMs.p50)}, p95 ${milliseconds(evidence.latencyMs.p95)}.${agreementText(task)}${usesText(evidence.exam.uses)}</p><p class="facts">${task.reason}</p>` : markup`<p>${refusalText(task)}${evidence ? judgedText(evidence.judge) + truthText(evidence) + byKindText(evidence) : ''}</p>`}${task.judge ? markup`<p class="facts">${judgeLine(task.judge)}</p>` : ''}
${candidates(task)}</section>`;
}

function confidence(id: string, quality: ConfidenceQuality): Markup {
  return markup`<details><summary>How far its confidence can be trusted</summary>
${reliabilityPlot(id, quality)}<p>${confidenceText(quality)}</p></details>`;
}

/** How well the LLM agrees with itself, where it was asked again: no small model can agree with it more. */
function agreementText(task: TaskReport): string {
  const agreement = task.specialist?.evidence.selfAgreement;
  if (!agreement || agreement.n === 0) return '';
  return ` Asked ${count(task.askedAgain)} more times, the LLM gave the same answer in ${rate(agreement)}; the reference is its majority.`;
}

/** An exam that was opened before proves less, which the wider interval pays for. */
function usesText(uses: number): string {
  return uses > 1 ? ` This exam was opened ${uses} times: its intervals are wider for it.` : '';
}

function candidates(task: TaskReport): Markup | null {
  if (task.verdicts.length === 0 && task.trained.length === 0) return null;
  return markup`<details><summary>${plural(task.verdicts.length, 'candidate')}, ${duration(task.trained.reduce((sum, run) => sum + run.seconds, 0))} of training</summary>
<table><tbody>${task.verdicts.map((verdict) => {
    const run = task.trained.find((trained) => trained.candidateId === verdict.candidate.id);
    return markup`<tr><td><strong>${verdict.candidate.rung}</strong>${verdict.chosen ? ' ✓' : ''}</td><td>${verdict.reason}${verdict.estimate === undefined ? '' : ` Estimate: ${percent(verdict.estimate)} of the calls.`}${run ? markup`<br><span class="soft">${duration(run.seconds)}${figuresText(run.figures)}</span>` : null}</td></tr>`;
  })}</tbody></table></details>`;
}

function figuresText(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .map(
      ([name, value]) =>
        ` · ${name} ${Number.isInteger(value) ? count(value) : Number(value.toPrecision(3))}`,
    )
    .join('');
}

export function refusedSection(report: LearnReport): Markup | null {
  const refused = report.tasks.filter((task) => task.outcome === 'refused');
  if (refused.length === 0) return null;
  return markup`<h2>Not taken over, and why</h2>
<table><tbody>${refused.map((task) => markup`<tr><td><strong>${task.task.name}</strong><br><span class="soft">${task.task.kind}, ${count(task.task.calls)} calls</span></td><td>${refusalText(task)}</td></tr>`)}</tbody></table>`;
}
