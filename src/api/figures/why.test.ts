import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EscalationReason } from '../../core/call.ts';
import type { Deployment, Stage } from '../../core/deployment.ts';
import type { Specialist } from '../../core/specialist.ts';
import { type Standing, whyOf } from './why.ts';

const deployment = (stage: Stage, reason = 'passed'): Deployment => ({
  id: 'd',
  taskId: 't',
  specialistId: 's',
  stage,
  threshold: 0.9,
  history: [{ stage, at: 1, reason }],
});
const specialist = {
  id: 's',
  evidence: {
    gate: { reason: 'No threshold keeps the errors below 2 %.' },
    exam: { coverage: { share: 0.8 } },
  },
} as unknown as Specialist;
const outlook = { margin: 0.06, comparisons: 0, errors: 0, servedError: null, moreComparisons: 90 };
const unused = (reason: EscalationReason, answers: number) => ({ deploymentId: 'd', reason, answers });

const why = (over: Partial<Standing>): string =>
  whyOf({
    excluded: null,
    stopped: null,
    deployment: null,
    specialist: null,
    verdicts: [],
    outlook: null,
    unused: [],
    lately: { calls: 0, served: 0 },
    ...over,
  });

test('whyOf: in shadow it says why nothing could be compared', () => {
  const shadow = { deployment: deployment('shadow'), specialist, outlook };
  assert.match(
    why({ ...shadow, unused: [unused('low-confidence', 2), unused('invalid-output', 218)] }),
    /^In shadow: 218 of 220 answers did not follow the schema, the tools or the labels\. About 90 more/,
  );
  assert.match(
    why({ ...shadow, outlook: { ...outlook, comparisons: 40, errors: 1 }, unused: [unused('error', 10)] }),
    /^In shadow: 1 of 40 comparisons differ; 10 of 50 answers failed\./,
  );
});

test('whyOf: sent back to shadow, it says what has sent it there', () => {
  const live = deployment('live');
  const moved = {
    stage: 'shadow' as const,
    at: 2,
    reason: 'the LLM behind it has another name',
    expects: {},
  };
  const back: Deployment = { ...live, stage: 'shadow', history: [...live.history, moved] };
  assert.match(
    why({ deployment: back, specialist, outlook }),
    /^Back in shadow \(the LLM behind it has another name\): none of its answers could be compared yet\. About 90 more/,
  );
});

test('whyOf: live, it says what is served beside what was promised', () => {
  const live = { deployment: deployment('live'), specialist, outlook };
  assert.equal(
    why({ ...live, lately: { calls: 200, served: 150 } }),
    'Live: 75 % of the last 200 calls served, 80 % promised.',
  );
});

test('whyOf: out of service, it gives the reason on record', () => {
  const broken = '29 of 29 comparisons with the LLM differ: the bound of 2 % is broken';
  assert.equal(why({ deployment: deployment('retired', broken), specialist }), `Withdrawn: ${broken}.`);
  assert.equal(
    why({ deployment: deployment('suspended', 'a tool changed'), specialist }),
    'Suspended: a tool changed.',
  );
  assert.match(why({ specialist }), /^Not deployed: no threshold keeps/);
  assert.match(why({}), /^Not learnt yet/);
});

test('whyOf: a stop by hand comes before all else', () => {
  const stopped = { taskId: 't', at: 1, by: 'ann', reason: 'a complaint' };
  assert.equal(
    why({ deployment: deployment('live'), specialist, outlook, stopped }),
    'Stopped by ann: a complaint. Its calls go to the LLM until it is let go on.',
  );
});

test('whyOf: of an excluded task it says who excluded it and why, whatever serves', () => {
  const excluded = { at: 1, by: 'Ada', reason: 'a person answers these' };
  assert.match(
    why({ excluded, deployment: deployment('live'), specialist, outlook }),
    /^Excluded by Ada: a person answers these\. It is neither learnt nor served/,
  );
});
