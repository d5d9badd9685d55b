/** What every trainer must do: propose (proposalContract), and where it takes minutes, train (trainerContract), wherever that is. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { OutputKind } from '../../src/core/answer.ts';
import type { Dataset } from '../../src/core/dataset.ts';
import type { UnderstudyError } from '../../src/core/errors.ts';
import { contentHash } from '../../src/core/ids.ts';
import type { Progress } from '../../src/core/progress.ts';
import type { BaseModel, Proposal, Trainer, TrainingJob, TrainingLimits } from '../../src/core/runtime.ts';
import type { Candidate } from '../../src/core/specialist.ts';
import type { Task } from '../../src/core/task.ts';
import { cardPathOf } from '../../src/train/card.ts';

export interface TrainerCase extends ProposalCase {
  /** One like it that cannot reach what it needs: weights, Python, the provider. */
  readonly without: Trainer;
  /** Can be trained in seconds, on the examples, in several steps. */
  readonly candidate: Candidate;
  /** Candidates that it must refuse. */
  readonly unsupported: readonly Candidate[];
  /** Whether the same job gives the same artefact, wherever and however often it is trained. */
  readonly repeatable: boolean;
  /** One like it that saves its state after every step, and the file that it saves to; null where another machine trains. */
  readonly saving: { readonly trainer: Trainer; readonly file: string } | null;
}

export interface ProposalCase {
  readonly trainer: Trainer;
  /** Of the rung and on the base that it must propose. */
  readonly candidate: Pick<Candidate, 'rung' | 'base'>;
  /** Default: wordExamples(). */
  readonly examples?: TrainingJob['train'];
  /** What the base is, where it is one of the catalogue. Default: a language model. */
  readonly baseKind?: BaseModel['kind'];
  /** What the answers of its examples are. Default: labels. */
  readonly kind?: OutputKind;
  /** Whether the minutes that are given bound what it proposes. Default: true. */
  readonly bounded?: boolean;
}

/** Examples that are easy to learn: a word and its first letter. */
export function wordExamples(): TrainingJob['train'] {
  return ['apple', 'bear', 'cloud', 'door', 'egg', 'fish'].map((word, i) => ({
    id: `e${i}`,
    callId: `c${i}`,
    sessionId: `s${i}`,
    at: i,
    input: word,
    answer: word.slice(0, 1).toUpperCase(),
    weight: 1 + (i % 2),
  }));
}

const task: Task = {
  id: 'toy',
  name: 'toy',
  sites: [],
  kind: 'label',
  labels: [],
  tools: [],
  responseFormat: null,
  calls: 100,
};

function datasetOf(train: TrainingJob['train'], kind: OutputKind): Dataset {
  const splits = { train, validation: [], calibration: [], exam: [] };
  return {
    id: 'dataset',
    taskId: task.id,
    kind,
    order: 'time',
    splits,
    dropped: {},
    contradictions: { repeated: 0, differing: 0 },
  };
}

/** @param skip Why its proposals cannot be trained here; false where they can. */
export function proposalContract(name: string, open: () => ProposalCase, skip: string | false = false): void {
  const home = mkdtempSync(join(tmpdir(), 'understudy-proposal-'));
  after(() => rmSync(home, { recursive: true, force: true }));
  /** Its proposals; the one of the case first. */
  const proposed = (limits: Partial<TrainingLimits> = {}): readonly [Proposal, ...Proposal[]] => {
    const { trainer, candidate, examples = wordExamples(), baseKind = 'language', kind = 'label' } = open();
    const own = ({ rung, base }: Proposal): boolean => rung === candidate.rung && base === candidate.base;
    const bases = [{ name: candidate.base ?? '', kind: baseKind, architecture: 'llama', parameters: 1e8 }];
    const all = trainer.propose({ ...task, kind }, datasetOf(examples, kind), {
      bases,
      minutes: 1e9,
      speedOf: () => null,
      ...limits,
    });
    const first = all.find(own);
    assert.ok(first, 'it is not among the proposals');
    return [first, ...all.filter((each) => !own(each))];
  };

  test(`${name}: a proposal says what to train, what that takes and, where it is refused, why`, () => {
    const all = proposed();
    assert.equal(all[0].refusal, null);
    for (const { rung, recipe, cost, work, minutes, refusal } of all) {
      assert.ok(rung !== '' && (cost === 'seconds' || cost === 'minutes'));
      assert.deepEqual(JSON.parse(JSON.stringify(recipe)), recipe);
      assert.ok(Number.isFinite(work) && work > 0);
      assert.ok(minutes === null || (Number.isFinite(minutes) && minutes > 0));
      assert.ok(refusal === null || refusal.reason.endsWith('.'));
    }
    assert.equal(new Set(all.map(({ rung, base }) => `${rung} ${base}`)).size, all.length);
    assert.deepEqual(proposed(), all);
  });

  test(`${name}: expected minutes follow from the speed of trainings that were finished here`, () => {
    const asked: (string | null)[] = [];
    const minutes = (speed: number): number => {
      const speedOf = (base: string | null): number => {
        asked.push(base);
        return speed;
      };
      const [{ work, minutes }] = proposed({ speedOf });
      assert.ok(minutes !== null && Math.abs(minutes * 60 * speed - work) < 1e-6 * work);
      return minutes;
    };
    assert.ok(Math.abs(minutes(10) - 10 * minutes(100)) < 1e-9);
    assert.ok(asked.includes(open().candidate.base));
  });

  test(`${name}: where the time is too short it says how many minutes would do`, (t) => {
    const [{ cost, minutes }] = proposed({ speedOf: () => 0.01 });
    if (cost === 'seconds' || open().bounded === false) return t.skip('no limit of minutes is for it');
    const [{ refusal }] = proposed({ minutes: minutes! / 1000, speedOf: () => 0.01 });
    assert.ok(refusal!.minutesNeeded! > minutes! / 1000);
    const enough = { minutes: 3 * refusal!.minutesNeeded!, speedOf: () => 0.01 };
    assert.equal(proposed(enough)[0].refusal, null);
  });

  test(`${name}: what it proposes it trains`, { skip }, async () => {
    const { trainer, examples: train = wordExamples(), kind = 'label' } = open();
    const [{ rung, base, recipe }] = proposed();
    const candidate = { id: 'proposed', taskId: task.id, rung, base, recipe };
    const job = { candidate, kind, train, validation: [], dir: join(home, 'proposed'), seed: 1 };
    const artefact = await trainer.train(job);
    assert.equal(artefact.rung, rung);
    assert.equal(artefact.base, base);
    assert.ok(artefact.trainedMs >= 0);
  });
}

/** @param skip Why it cannot be tested here; false where it can. */
export function trainerContract(name: string, open: () => TrainerCase, skip: string | false = false): void {
  const home = mkdtempSync(join(tmpdir(), 'understudy-contract-'));
  after(() => rmSync(home, { recursive: true, force: true }));
  let opened: TrainerCase | undefined;
  const start = (): TrainerCase => {
    opened ??= open();
    return opened;
  };
  const jobIn = (folder: string, changes: Partial<TrainingJob> = {}): TrainingJob => ({
    candidate: start().candidate,
    kind: start().kind ?? 'label',
    train: start().examples ?? wordExamples(),
    validation: [],
    dir: join(home, folder),
    seed: 3,
    ...changes,
  });

  proposalContract(name, start, skip);

  test(`${name}: a cancelled job stops`, { skip }, async () => {
    const { trainer } = start();
    const isCancelled = { code: 'cancelled' };
    await assert.rejects(trainer.train(jobIn('whole'), undefined, AbortSignal.abort()), isCancelled);
    const controller = new AbortController();
    let late = 0;
    const cancelled = trainer.train(
      jobIn('whole'),
      ({ done, total }) => {
        if (controller.signal.aborted) late++;
        if (total > 0 && done >= 2) controller.abort();
      },
      controller.signal,
    );
    await assert.rejects(cancelled, isCancelled);
    assert.ok(controller.signal.aborted);
    assert.ok(late < 2, 'it did not stop');
  });

  test(`${name}: started again it goes to the end, says how, and leaves an artefact with its hash and a card`, {
    skip,
  }, async () => {
    const { trainer, candidate } = start();
    const job = jobIn('whole');
    const seen: Progress[] = [];
    const artefact = await trainer.train(job, (progress) => seen.push(progress));
    toTheEnd(seen, candidate.taskId);
    assert.equal(dirname(artefact.path), job.dir);
    assert.equal(artefact.sha256, contentHash(readFileSync(artefact.path)));
    assert.equal(artefact.rung, candidate.rung);
    assert.equal(artefact.base, candidate.base);
    assert.equal(artefact.figures.examples, job.train.length);
    for (const value of Object.values(artefact.figures)) assert.ok(Number.isFinite(value));
    const card = JSON.parse(readFileSync(cardPathOf(artefact.path), 'utf8'));
    assert.equal(card.sha256, artefact.sha256);
    assert.equal(card.base, candidate.base);
    assert.equal(card.seed, job.seed);
    assert.match(card.job, /^[0-9a-f]{16,}$/);
    for (const [key, value] of Object.entries(candidate.recipe)) assert.deepEqual(card.recipe[key], value);
    const written = readFileSync(artefact.path, 'latin1') + JSON.stringify(card);
    for (const { input } of job.train) assert.ok(!written.includes(input), 'an example is in what was left');
  });

  test(`${name}: a finished job is not trained again, another job is`, { skip }, async () => {
    const { trainer, repeatable } = start();
    const first = await trainer.train(jobIn('whole'));
    const seen: Progress[] = [];
    assert.deepEqual(await trainer.train(jobIn('whole'), (progress) => seen.push(progress)), first);
    assert.deepEqual(seen, []);
    const other = await trainer.train(jobIn('whole', { seed: 4 }));
    assert.notEqual(other.path, first.path);
    assert.equal(contentHash(readFileSync(first.path)), first.sha256);
    if (repeatable) assert.equal((await trainer.train(jobIn('elsewhere'))).sha256, first.sha256);
  });

  test(`${name}: killed, it resumes from its last checkpoint and ends with the same artefact`, {
    skip,
  }, async (t) => {
    const { saving, repeatable, trainer } = start();
    if (saving === null) return t.skip('another machine trains');
    const job = jobIn('killed');
    const controller = new AbortController();
    const kill = ({ done, total }: Progress): void => {
      if (total > 0 && done >= total / 3) controller.abort();
    };
    // Aborting kills the process outright.
    await assert.rejects(saving.trainer.train(job, kill, controller.signal), { code: 'cancelled' });
    const checkpoint = join(job.dir, saving.file);
    assert.ok(existsSync(checkpoint));
    const seen: Progress[] = [];
    const resumed = await saving.trainer.train(job, (progress) => seen.push(progress));
    const [first] = seen.filter(({ done }) => done > 0);
    assert.ok(first!.done >= first!.total / 3, `resumed at step ${first!.done} of ${first!.total}`);
    assert.equal(existsSync(checkpoint), false);
    if (repeatable) assert.equal(resumed.sha256, (await trainer.train(jobIn('whole'))).sha256);
  });

  test(`${name}: what cannot be trained is refused before any work`, { skip }, async () => {
    const { trainer, candidate, unsupported } = start();
    const refused = async (changes: Partial<TrainingJob>, code: string): Promise<void> => {
      const job = jobIn('refused', changes);
      await assert.rejects(
        trainer.train(job, () => assert.fail('it began')),
        (error: UnderstudyError) => error.code === code && error.message !== '' && error.hint !== '',
      );
      assert.equal(existsSync(job.dir), false);
    };
    for (const each of unsupported) await refused({ candidate: each }, 'unsupported');
    await refused({ candidate: { ...candidate, recipe: { rnk: 3 } } }, 'unsupported');
    await refused({ train: [] }, 'bad-input');
  });

  test(`${name}: without what it needs it says so, and what to do`, { skip }, async () => {
    await assert.rejects(start().without.train(jobIn('without')), (error: UnderstudyError) => {
      assert.equal(error.code, 'unavailable');
      assert.ok(error.message !== '' && error.hint !== '');
      return true;
    });
  });
}

/** Progress goes up to the last step, with the time left on the way. */
function toTheEnd(seen: readonly Progress[], subject: string): void {
  const steps = seen.filter(({ total }) => total > 0);
  assert.ok(steps.length > 2);
  assert.ok(steps.every((progress) => progress.step === 'train' && progress.subject === subject));
  steps.reduce((before, progress) => {
    assert.ok(progress.done >= before.done && progress.done <= progress.total);
    return progress;
  });
  assert.equal(steps.at(-1)!.done, steps.at(-1)!.total);
  assert.ok(steps.some(({ leftMs }) => leftMs !== undefined && leftMs >= 0));
}
