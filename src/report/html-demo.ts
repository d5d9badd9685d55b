/** The demo's sections: the day in figures, tasks against call sites, the proof, the second half, money and time. */
import type { DemoReport, DemoTask } from '../core/demo-report.ts';
import { FAST, upstreamText } from './demo-text.ts';
import { proofSection, refusedSection, tile } from './html-learn.ts';
import { reasonsText } from './learn-text.ts';
import { type Markup, markup } from './markup.ts';
import { pairBars, stageTimeline } from './plot.ts';
import { priceText } from './price-text.ts';
import { count, duration, milliseconds, money, percent, rate } from './words.ts';

export function demoSections(report: DemoReport): Markup {
  const { secondHalf } = report;
  const saved = report.costBefore > 0 ? 1 - report.costAfter / report.costBefore : 0;
  return markup`${report.fast ? markup`<p class="note"><b>${FAST}</b></p>` : null}<p class="note">${upstreamText(report)}</p>
<div class="tiles">
${tile(percent(secondHalf.takenOver.share), `of the second half's ${count(secondHalf.calls)} calls taken over by small models`)}
${tile(percent(secondHalf.servedErrors.share), `of those answers truly wrong: ${secondHalf.servedErrors.hits} of ${count(secondHalf.servedErrors.n)}`)}
${tile(`${saved >= 0 ? '−' : '+'}${percent(Math.abs(saved))}`, `cost: ${money(report.costBefore)} → ${money(report.costAfter)}`)}
${tile(report.clusterAri.toFixed(3), "adjusted Rand index of the tasks found against the agent's call sites")}
</div>
${foundSection(report)}
${proofSection(report.learn)}
${refusedSection(report.learn)}
${secondHalfSection(report)}
${stagesSection(report)}
${moneyAndTime(report)}
<h2>Where the time went</h2>
<table><tbody>${report.steps.map((step) => markup`<tr><td>${step.name}</td><td class="n">${duration(step.seconds)}</td></tr>`)}</tbody></table>`;
}

function foundSection(report: DemoReport): Markup {
  const sites = [...new Set(report.tasksFound.flatMap((row) => Object.keys(row.callsBySite)))].sort();
  return markup`<h2>Tasks found</h2>
<p class="soft">Rows are the tasks that clustering found, columns the call sites that the agent really has. Clustering never sees the columns.</p>
<div class="card wide"><table><thead><tr><th>task found</th>${sites.map((site) => markup`<th class="n">${site}</th>`)}</tr></thead>
<tbody>${report.tasksFound.map((row) => {
    const most = Math.max(...Object.values(row.callsBySite), 0);
    return markup`<tr><td>${row.task}</td>${sites.map((site) => {
      const calls = row.callsBySite[site] ?? 0;
      return markup`<td class="cell${calls > 0 && calls === most ? ' hot' : ''}">${calls === 0 ? '·' : count(calls)}</td>`;
    })}</tr>`;
  })}</tbody></table></div>`;
}

function secondHalfSection(report: DemoReport): Markup {
  return markup`<h2>The second half of the day</h2>
<p class="soft">True errors are counted against the mailbox's truth, which only this report knows. The LLM makes mistakes too, and a specialist that learnt from them repeats some.</p>
<div class="card wide"><table><thead><tr><th>call site</th><th>method</th><th>stage</th><th class="n">served</th><th class="n">share</th><th class="n">bound</th><th>true errors (95 %)</th><th>the LLM's own</th><th>escalated</th></tr></thead>
<tbody>${report.secondHalf.tasks.map(
    (
      task,
    ) => markup`<tr><td class="nw">${task.site}</td><td>${task.method ?? '–'}</td><td><span class="badge ${task.stage ?? 'none'}">${task.stage ?? 'LLM only'}</span></td>
<td class="n">${count(task.served)} of ${count(task.calls)}</td><td class="n">${percent(task.coverage.share)}</td><td class="n">${task.errorBound === null ? '–' : percent(task.errorBound)}</td>
<td class="nw">${task.served === 0 ? '–' : `${rate(task.trueErrors)}, ${task.trueErrors.hits} of ${task.trueErrors.n}`}</td><td class="nw">${rate(task.llmErrors)}</td><td>${escalations(task)}</td></tr>`,
  )}</tbody></table></div>
<p class="facts">Served by the LLM, by reason: ${reasonsText({ ...report.secondHalf.llmReasons })}.</p>`;
}

function escalations(task: DemoTask): string {
  return reasonsText({ ...task.escalations }) || '–';
}

function stagesSection(report: DemoReport): Markup | null {
  const rows = report.secondHalf.tasks.filter((task) => task.history.length > 0);
  if (rows.length === 0) return null;
  const end = report.startedAt + report.seconds * 1000;
  const start = Math.min(...rows.flatMap((task) => task.history.map((change) => change.at)), end);
  return markup`<h2>How they came into service</h2>
<ul class="key">${['shadow', 'canary', 'live'].map((stage) => markup`<li><i class="block" style="background:var(--${stage})"></i>${stage}</li>`)}</ul>
<div class="card wide">${stageTimeline(
    rows.map((task) => ({ label: task.site, history: task.history })),
    start,
    end,
  )}
<details><summary>The record</summary><table><tbody>${rows.flatMap((task) =>
    task.history.map(
      (change) =>
        markup`<tr><td>${task.site}</td><td>${change.stage}</td><td class="n">${duration((change.at - report.startedAt) / 1000)}</td><td>${change.reason}</td></tr>`,
    ),
  )}</tbody></table></details></div>`;
}

function moneyAndTime(report: DemoReport): Markup {
  const { timeScale } = report.upstream;
  const latency = report.secondHalf.tasks.map((task) => ({
    label: task.site,
    before: task.latencyBefore.p50,
    after: task.latencyAfter.p50,
  }));
  return markup`<h2>Money and time</h2>
<ul class="key"><li><i class="block" style="background:var(--before)"></i>every call to the LLM</li><li><i class="block" style="background:var(--accent)"></i>with specialists</li></ul>
<div class="card wide"><h3>Cost of the second half</h3>${pairBars('Cost before and after', [{ label: 'second half', before: report.costBefore, after: report.costAfter }], money)}
<p class="facts">Audits and shadow calls are included.${report.costLearning > 0 ? ` Asking held-back calls again while learning cost ${money(report.costLearning)}, once.` : ''} ${report.prices.map(priceText).join('; ')}.</p></div>
<div class="card wide"><h3>Median wait by call site</h3>${pairBars('Median latency before and after, by call site', latency, milliseconds)}
<p class="facts">All calls: p50 ${milliseconds(report.latencyBefore.p50)} → ${milliseconds(report.latencyAfter.p50)}, p95 ${milliseconds(report.latencyBefore.p95)} → ${milliseconds(report.latencyAfter.p95)}.${timeScale === 1 ? '' : ` The stand-in waited ${percent(timeScale)} of the time an LLM takes; the rest is added here, to calls of the LLM alone.`}</p></div>`;
}
