/**
 * A report as one page that needs nothing else: no scripts, no fonts, no requests; light and dark.
 * The demo's own sections are in html-demo.ts, those of a learning run in html-learn.ts.
 */
import type { DemoReport } from '../core/demo-report.ts';
import type { LearnReport } from '../core/learning.ts';
import { demoSections } from './html-demo.ts';
import { learnSections } from './html-learn.ts';
import { hardwareText } from './learn-text.ts';
import { type Markup, markup, styleSheet } from './markup.ts';
import { STYLE } from './style.ts';
import { dateTime, duration } from './words.ts';

export function reportPage(report: LearnReport | DemoReport): string {
  const learn = report.kind === 'demo' ? report.learn : report;
  const title =
    report.kind === 'demo'
      ? 'A working day with an understudy'
      : report.dryRun
        ? 'What a small model could take over'
        : 'What a small model takes over';
  const body: Markup = report.kind === 'demo' ? demoSections(report) : learnSections(report);
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title} · Understudy</title>
${styleSheet(STYLE)}
</head>
<body><main>
<div class="mark">Understudy</div>
<h1>${title}</h1>
<p class="facts">${dateTime(report.startedAt)} UTC · took ${duration(report.seconds)} · ${hardwareText(learn)} · ${learn.hardware.platform} · seed ${learn.seed}</p>
${body}
<footer>The page holds figures only: no text of any call. Intervals are exact (Clopper–Pearson, 95 %). How the figures are made and what the bound means: docs/how-it-decides.md.</footer>
</main></body>
</html>
`;
  return page.toString();
}
