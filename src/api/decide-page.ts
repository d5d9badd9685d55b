/**
 * The small page behind a link of approval: what is decided on, with its evidence, and one button; or why it cannot be.
 * Without a script, and nothing from elsewhere.
 * Does not: read the link, or decide (routes/decide.ts).
 */
import type { Deployment } from '../core/deployment.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import type { LinkAction } from '../deploy/approval-link.ts';
import { type Markup, markup, styleSheet } from '../report/markup.ts';
import { count, dateTime, milliseconds, percent, plural, rate } from '../report/words.ts';

const STYLE = `
:root{color-scheme:light dark;--bg:#faf9f6;--card:#fff;--ink:#1f1e1b;--soft:#5f5c55;--line:#e5e2da;--accent:#2860c5}
@media (prefers-color-scheme:dark){:root{--bg:#141417;--card:#1c1c21;--ink:#ededf1;--soft:#a2a1ab;--line:#303037;--accent:#3f6fd1}}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,sans-serif}
main{max-width:640px;margin:0 auto;padding:40px 20px}
h1{font-size:24px;line-height:1.25}
dl{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:8px 18px;overflow-wrap:anywhere}
dt{color:var(--soft);font-size:14px;margin-top:10px}
dd{margin:0 0 10px}
.soft{color:var(--soft);font-size:14px}
button{font:inherit;font-weight:600;color:#fff;background:var(--accent);border:0;border-radius:8px;padding:12px 22px;cursor:pointer}
`;

/** Nothing but its own style, and a form that goes back to where it came from. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  // The address is the right to decide: it goes nowhere, and stays in no cache.
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex, nofollow',
  'x-content-type-options': 'nosniff',
};

function page(status: number, title: string, body: Markup): Response {
  const whole = markup`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${title}</title>${styleSheet(STYLE)}</head><body><main><h1>${title}</h1>${body}</main></body></html>`;
  return new Response(whole.text, { status, headers: HEADERS });
}

interface Shown {
  readonly task: Task;
  readonly deployment: Deployment;
  readonly specialist: Specialist;
}

/** What would be decided, and the button that does it. @param serving What serves the task now; null: the LLM. */
export function askPage(
  action: LinkAction,
  { task, deployment, specialist }: Shown,
  serving: Deployment | null,
  expires: number,
): Response {
  const { evidence, artefact, candidate, version } = specialist;
  const { gate, exam, latencyMs } = evidence;
  const facts: readonly (readonly [string, string])[] = [
    ['Task', `${task.name} (${task.kind}, ${plural(task.calls, 'call')})`],
    [
      'Specialist',
      `${specialist.id}, version ${version}: ${candidate.rung}${candidate.base === null ? '' : ` on ${candidate.base}`}`,
    ],
    ['Artefact (SHA-256)', artefact.sha256],
    ['Proof', gate.reason],
    [
      'Promised',
      `with ${percent(1 - gate.delta)} confidence at most ${percent(gate.epsilon)} errors among the calls that it serves`,
    ],
    [
      'Exam, on later calls',
      `${plural(exam.servedError.hits, 'error')} in ${count(exam.servedError.n)} served${exam.servedError.n > 0 ? ` (${rate(exam.servedError)})` : ''}; it would serve ${percent(exam.coverage.share)} of the calls`,
    ],
    ...(latencyMs.p50 > 0 ? ([['Answers in', `${milliseconds(latencyMs.p50)} (median)`]] as const) : []),
    ['Proposed', `${dateTime(deployment.history[0]?.at ?? 0)} UTC`],
    ['Serves now', serving === null ? 'the LLM alone' : `${serving.specialistId} (${serving.stage})`],
  ];
  const [title, does, button] =
    action === 'approve'
      ? [
          `Approve ${task.name}?`,
          'It then begins in shadow: its answers are compared with the LLM’s and used by nobody, until the comparisons let it go on.',
          'Approve',
        ]
      : [
          `Refuse ${task.name}?`,
          'The proposal is then retired; what serves stays. It is proposed again only when it was learnt from new calls.',
          'Refuse',
        ];
  return page(
    200,
    title,
    markup`<p>${does}</p><dl>${facts.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl><form method="post"><button type="submit">${button}</button></form><p class="soft">Nothing has been decided yet. The link can be used until ${dateTime(expires)} UTC, once. The decision goes on record as made by this link.</p>`,
  );
}

export function donePage(action: LinkAction, task: Task): Response {
  return action === 'approve'
    ? page(200, 'Approved', markup`<p>${task.name} begins in shadow. The link is used up.</p>`)
    : page(200, 'Refused', markup`<p>The proposal for ${task.name} is retired. The link is used up.</p>`);
}

const ELSEWHERE = 'The dashboard and `understudy status` show what waits now.';

/** Why nothing can be decided by the link. */
export function refusedPage(
  why: 'altered' | 'unknown' | 'expired' | 'replaced' | 'decided',
  deployment?: Deployment,
): Response {
  switch (why) {
    case 'altered':
      return page(
        403,
        'This link is not valid',
        markup`<p>It was not made here, or something of it was changed on its way. Nothing was decided.</p><p>Open it again from the message. ${ELSEWHERE}</p>`,
      );
    case 'unknown':
      return page(
        404,
        'What this link is for is not there',
        markup`<p>The proposal is gone, or is another than the one that was proved. Nothing was decided.</p><p>${ELSEWHERE}</p>`,
      );
    case 'expired':
      return page(410, 'This link has expired', markup`<p>Nothing was decided.</p><p>${ELSEWHERE}</p>`);
    case 'replaced':
      return page(
        409,
        'A newer proposal waits',
        markup`<p>The task was learnt again since, and this link is for the one before. Nothing was decided.</p><p>${ELSEWHERE}</p>`,
      );
    case 'decided': {
      const last = deployment?.history.at(-1);
      return page(
        409,
        'This was decided already',
        markup`<p>${last ? `${dateTime(last.at)} UTC: ${last.reason}. Its stage is ${last.stage}.` : 'It no longer waits.'} The link can be used no more.</p><p>${ELSEWHERE}</p>`,
      );
    }
  }
}
