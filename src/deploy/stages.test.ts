import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Audit, type Deployment, provingSince, type Stage } from '../core/deployment.ts';
import { seededRandom } from '../core/random.ts';
import { auditProbability } from './audit-share.ts';
import type { StagePolicy } from './policy.ts';
import { moveTo, outlookOf, sendBack, step, wasSentBack } from './stages.ts';
import { newWatch, type Watch, watchAudit } from './watch.ts';

const policy: StagePolicy = {
  epsilon: 0.02,
  delta: 0.05,
  stageDelta: 0.05,
  margins: { shadow: 3, canary: 2 },
  stepAudits: 30,
  canaryShare: 0.25,
  auditShare: 0.05,
  slips: { share: 0, low: 0, high: 0 },
  prior: { n: 250, errors: 1 },
  since: 0,
  proved: 0.02,
  auditsADay: 0,
};
const shadow: Deployment = {
  id: 'dep_1',
  taskId: 'task_1',
  specialistId: 'sp_1',
  stage: 'shadow',
  threshold: 0.9,
  history: [{ stage: 'shadow', at: 0, reason: 'passed' }],
};

const audit = (at: number, stage: Stage, correct: boolean, more: Partial<Audit> = {}): Audit => ({
  callId: `call_${at}`,
  deploymentId: 'dep_1',
  at,
  stage,
  confidence: 1,
  correct,
  used: stage !== 'shadow',
  ...more,
});

interface Life {
  readonly deployment: Deployment;
  readonly watch: Watch;
}

/** Plays audits one by one until `n`, or until it is out of service. */
function life(
  n: number,
  correct: (at: number) => boolean,
  own: StagePolicy = policy,
  more?: (at: number) => Partial<Audit>,
): Life {
  let [deployment, watch] = [shadow, newWatch(own)];
  for (let at = 1; at <= n && deployment.stage !== 'retired'; at++) {
    watch = watchAudit(watch, audit(at, deployment.stage, correct(at), more?.(at)), own);
    deployment = step(deployment, watch, own, at);
  }
  return { deployment, watch };
}

const erring = (error: number, seed: number): ((at: number) => boolean) => {
  const random = seededRandom(seed);
  return () => random.next() >= error;
};

test('a good specialist goes from shadow over canary to live, each step on the record with its numbers', () => {
  const { deployment } = life(400, () => true);
  assert.deepEqual(
    deployment.history.map(({ stage, numbers }) => [stage, numbers?.margin]),
    [
      ['shadow', undefined],
      ['canary', 0.06],
      ['live', 0.04],
    ],
  );
  const { numbers, reason } = deployment.history[2]!;
  assert.ok(numbers!.evidence >= 20 && numbers!.errors === 0);
  assert.equal(
    reason,
    `0 of ${numbers!.comparisons} comparisons with the LLM differ: with 95 % confidence fewer than 4 % of its answers are wrong`,
  );
});

test('a count of comparisons ends no stage: without evidence it stays, and with evidence it waits for the least number', () => {
  // At the margin itself there is nothing to be shown, and the bound is so wide that nothing breaks.
  const wide = {
    ...policy,
    epsilon: 0.2,
    margins: { shadow: 1.01, canary: 1.01 },
    prior: { n: 0, errors: 0 },
  };
  assert.equal(life(400, (at) => at % 5 !== 0, wide).deployment.stage, 'shadow');
  const careful = { ...policy, stepAudits: 300 };
  const { history } = life(1000, () => true, careful).deployment;
  assert.deepEqual(
    history.map(({ at }) => at),
    [0, 300, 600],
  );
});

test('a canary ends by calls that it served: what the LLM answered meanwhile counts as evidence and ends nothing', () => {
  const used = (share: number) => (at: number) => ({ used: at % (1 / share) === 0 });
  const withoutUse = (more: (stage: Stage) => Partial<Audit>): Life => {
    let [deployment, watch] = [shadow, newWatch(policy)];
    for (let at = 1; at <= 5000; at++) {
      const { used: _, ...one } = audit(at, deployment.stage, true);
      watch = watchAudit(watch, { ...one, ...more(deployment.stage) }, policy);
      deployment = step(deployment, watch, policy, at);
    }
    return { deployment, watch };
  };
  const none = withoutUse(() => ({ used: false }));
  // A record that does not say so is of no more use.
  const old = withoutUse(() => ({}));
  for (const { deployment, watch } of [none, old]) {
    assert.equal(deployment.stage, 'canary');
    assert.equal(watch.byStage.canary ?? 0, 0);
  }
  // Thirty that it served are a hundred and twenty calls, where it serves a quarter.
  const { history } = life(400, () => true, policy, used(0.25)).deployment;
  const [canary, live] = [history[1]!, history[2]!];
  assert.equal(live.stage, 'live');
  assert.ok(live.at - canary.at >= 117 && live.at - canary.at <= 120, `${live.at - canary.at}`);
  const outlook = outlookOf(none.deployment, none.watch, policy);
  assert.equal(outlook.moreComparisons, 120);
  assert.equal(outlookOf(none.deployment, none.watch, { ...policy, canaryShare: 0 }).moreComparisons, null);
});

test('one with a broken bound is retired, with what was counted of late as the reason', () => {
  const good = erring(0.005, 1);
  const bad = erring(0.3, 2);
  const { deployment } = life(5000, (at) => (at <= 1500 ? good(at) : bad(at)));
  assert.equal(deployment.stage, 'retired');
  const { reason, numbers } = deployment.history.at(-1)!;
  assert.match(
    reason,
    /^\d+ of the last \d+ comparisons with the LLM differ \(\d+ of all \d+\): the bound of 2 % is broken$/,
  );
  assert.ok(numbers!.recent.comparisons < 100, `${numbers!.recent.comparisons}`);
  assert.ok(numbers!.recent.errors >= numbers!.recent.comparisons * 0.1);
});

test('of specialists with an error of 5 % hardly any goes live, of those with 1 % nearly all', () => {
  const shareLive = (error: number): number => {
    let live = 0;
    for (let seed = 0; seed < 100; seed++)
      if (life(2000, erring(error, seed)).deployment.history.some(({ stage }) => stage === 'live')) live++;
    return live / 100;
  };
  assert.ok(shareLive(0.05) <= 0.05);
  assert.ok(shareLive(0.01) >= 0.9);
});

test('one session, or one repeated input, retires nobody and proves nobody', () => {
  for (const more of [{ session: 's' }, { input: 'x' }]) {
    const { deployment } = life(
      50,
      (at) => at > 25,
      policy,
      () => more,
    );
    assert.equal(deployment.stage, 'shadow', JSON.stringify(more));
    const { watch } = life(
      50,
      () => true,
      policy,
      () => more,
    );
    assert.ok(watch.margins.shadow.reduce((a, b) => a + b) < 1.1);
  }
});

test('an input that is most of the traffic, and answered wrongly, is found all the same', () => {
  const { deployment } = life(
    1000,
    (at) => at % 5 < 2,
    policy,
    (at) => (at % 5 < 2 ? { input: `${at}`, session: `${at}` } : { input: 'x', session: `${at}` }),
  );
  assert.equal(deployment.stage, 'retired');
});

test('nothing to change gives back the same object, and one out of service stays out', () => {
  const { deployment, watch } = life(400, () => true);
  assert.equal(step(deployment, watch, policy, 401), deployment);
  for (const stage of ['retired', 'suspended'] as const) {
    const gone = moveTo(deployment, stage, 402, 'for a test');
    assert.equal(step(gone, newWatch(policy), policy, 403), gone);
  }
});

test('audits are counted as they were before by those who take up the fold from its plain data', () => {
  const { watch } = life(120, erring(0.01, 3), policy, (at) => ({
    session: `${Math.floor(at / 4)}`,
    input: `${at % 9}`,
  }));
  const kept = JSON.parse(JSON.stringify(watch)) as Watch;
  const next = audit(121, 'canary', false, { session: '30', input: '4' });
  assert.deepEqual(watchAudit(kept, next, policy), watchAudit(watch, next, policy));
});

test('the outlook says how many more comparisons a stage needs, fewer as they come in, and none once live', () => {
  const start = outlookOf(shadow, newWatch(policy), policy);
  assert.equal(start.margin, 0.06);
  assert.ok(start.moreComparisons! > 50 && start.moreComparisons! < 200);
  const { watch } = life(40, () => true);
  const later = outlookOf(shadow, watch, policy);
  assert.ok(later.moreComparisons! < start.moreComparisons!);
  const live = life(400, () => true);
  assert.equal(outlookOf(live.deployment, live.watch, policy).moreComparisons, null);
});

test('slips of the LLM are allowed for in the bound and the margin, and not where its majority settles', () => {
  const slips = { share: 0.05, low: 0.04, high: 0.07 };
  const slipping = { ...policy, slips };
  // 6 % of differences: with one answer of the LLM that is a specialist of 1 %, against its majority one of 6 %.
  const single = life(3000, erring(0.06, 4), slipping).deployment;
  assert.equal(single.stage, 'live');
  assert.ok(single.history.at(-1)!.numbers!.margin > 0.04);
  assert.equal(life(3000, erring(0.06, 4), slipping, () => ({ settled: true })).deployment.stage, 'retired');
});

test('a new specialist is audited much, one that has been good for long little, and never less than the floor', () => {
  const share = (n: number): number => {
    let watch = newWatch(policy);
    for (let at = 0; at < n; at++) watch = watchAudit(watch, audit(at, 'live', true), policy);
    return auditProbability('live', watch, policy);
  };
  assert.equal(share(0), 1);
  assert.ok(share(100) < 0.1 && share(100) > 0.03);
  assert.ok(Math.abs(share(1000) - 0.025) < 1e-9);
  assert.equal(auditProbability('shadow', null, policy), 1);
  assert.equal(auditProbability('canary', newWatch(policy), policy), 1);
  assert.equal(auditProbability('live', newWatch(policy), { ...policy, auditShare: 0 }), 0);
});

test('errors raise the share of all but the calls of the session and the input that erred', () => {
  let watch = newWatch(policy);
  for (let at = 0; at < 1000; at++) watch = watchAudit(watch, audit(at, 'live', true), policy);
  for (let at = 0; at < 3; at++)
    watch = watchAudit(watch, audit(at, 'live', false, { session: 's', input: 'x' }), policy);
  assert.ok(auditProbability('live', watch, policy, () => ({ session: 'other', input: 'y' })) > 0.2);
  for (const own of [{ session: 's' }, { session: 'other', input: 'x' }])
    assert.ok(auditProbability('live', watch, policy, () => own) < 0.05, JSON.stringify(own));
});

test('live audits stand for as many calls as their probability says', () => {
  const watch = [
    audit(1, 'live', false, { probability: 0.5 }),
    audit(2, 'live', true, { probability: 0.1 }),
    audit(3, 'live', true),
  ].reduce((state, each) => watchAudit(state, each, policy), newWatch(policy));
  // The last is of an earlier version: the configured share.
  assert.deepEqual(watch.live, { calls: 2 + 10 + 20, wrongCalls: 2 });
});

describe('audits that differ more than when it was proved', () => {
  const DAY = 86_400_000;
  const proved = { ...policy, proved: 0.012 };
  /** Ten audits a day of one that has been live for 40 days. */
  const played = (days: number, wrong: (i: number) => boolean): Life => {
    let deployment = moveTo({ ...shadow }, 'live', 1, 'proved');
    let watch = newWatch(proved);
    for (let i = 0; i < days * 10 && deployment.stage === 'live'; i++) {
      const at = (i * DAY) / 10 + 2;
      watch = watchAudit(watch, audit(at, 'live', !wrong(i)), proved);
      deployment = step(deployment, watch, proved, at);
    }
    return { deployment, watch };
  };

  test('a live specialist goes back to shadow after a few errors in a row of audits, and says what is expected now', () => {
    const { deployment, watch } = played(60, (i) => i >= 400 && i % 4 === 0);
    assert.equal(deployment.stage, 'shadow');
    assert.ok(wasSentBack(deployment));
    assert.ok(watch.n < 425, String(watch.n));
    assert.match(deployment.history.at(-1)!.reason, /more than when it was proved \(at most 1.2 %\)/);
    assert.ok(deployment.history.at(-1)!.expects!['audits-differ']! > 0.25);
    // It began with the first of the errors.
    assert.equal(watch.change.pile.since, 400 * (DAY / 10) + 2);
  });

  test('errors as rare as in the proof send hardly any back within a quarter', () => {
    let sentBack = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      if (played(91, () => random.next() < 0.012).deployment.stage !== 'live') sentBack++;
    }
    // 2 % at the most: nine or more of 200 would be rarer than one in fifty.
    assert.ok(sentBack < 9, `${sentBack} of 200`);
  });

  test('one that was sent back is proved by comparisons from then on alone', () => {
    const back = sendBack(moveTo(shadow, 'live', 1, 'proved'), 1_000, 'the LLM has another name');
    const own = { ...policy, since: provingSince(back) };
    assert.equal(own.since, 1_000);
    let watch = newWatch(own);
    for (let at = 0; at < 900; at++) watch = watchAudit(watch, audit(at, 'shadow', true), own);
    assert.equal(step(back, watch, own, 1_000), back);
    let deployment = back;
    for (let at = 1_000; at < 1_200; at++) {
      watch = watchAudit(watch, audit(at, deployment.stage, true), own);
      deployment = step(deployment, watch, own, at);
    }
    assert.deepEqual(
      deployment.history.slice(3).map(({ stage, reason }) => [stage, reason.slice(0, 20)]),
      [
        ['canary', '0 of 63 comparisons '],
        ['live', '0 of 97 comparisons '],
      ],
    );
  });

  test('who is out of service is not sent back', () => {
    for (const stage of ['retired', 'suspended', 'proposed'] as const) {
      const gone = moveTo(shadow, stage, 5, 'for a test');
      assert.equal(sendBack(gone, 6, 'x'), gone);
    }
  });
});
