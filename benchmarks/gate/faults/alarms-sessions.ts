/** Alarms where nothing changes, and each five calls of a conversation that nobody names fare alike. */
import { seededRandom } from '../../../src/core/random.ts';
import type { Specialist } from '../../../src/core/specialist.ts';
import { type ChangeWatch, newChangeWatch, watchCall } from '../../../src/deploy/alarms.ts';
import { rateOf } from '../../../src/stats/statistics.ts';
import type { Fault } from '../fault.ts';

export const what =
  'A quarter of 120 calls a day in conversations of five that are served, unfamiliar or wrong alike, while nothing changes: share in which an alarm is raised, with the conversation as the unit (as the router derives it) and without.';

const RUNS = 300;
const SIZE = 5;
const CONVERSATIONS = (91 * 120) / SIZE;
const GAP_MS = (SIZE * 86_400_000) / 120;
const TRUE = { served: 0.85, unfamiliar: 0.02, unsure: 0.15 } as const;

export function simulate(): Fault {
  const [hits, alone] = [raisedIn(true), raisedIn(false)];
  const { share, low, high } = rateOf(hits, RUNS);
  return {
    value: share,
    goal: 'at most 1.8 % of quarters: 0.6 % for each of three alarms',
    holds: low <= 0.018,
    detail: { low, high, runs: RUNS, eachCallForItself: alone / RUNS },
  };
}

function raisedIn(isByConversation: boolean): number {
  let raised = 0;
  for (let run = 0; run < RUNS; run++) if (isRaised(run, isByConversation)) raised++;
  return raised;
}

function isRaised(run: number, isByConversation: boolean): boolean {
  const random = seededRandom(run * 13 + 5);
  let watch = watchOf();
  for (let i = 0; i < CONVERSATIONS; i++) {
    const isServed = random.next() < TRUE.served;
    const isUnfamiliar = !isServed && random.next() < TRUE.unfamiliar / (1 - TRUE.served);
    const differs = random.next() < TRUE.unsure;
    for (let k = 0; k < SIZE; k++) {
      const seen = {
        'inputs-unfamiliar': isUnfamiliar,
        'coverage-fell': !isServed,
        ...(isServed ? {} : { 'agreement-fell': differs }),
      };
      const next = watchCall(watch, seen, i * GAP_MS + k * 1000, isByConversation ? `${i}` : undefined);
      watch = next.watch;
      if (next.alarm !== null) return true;
    }
  }
  return false;
}

/** Promised what is true, with what few held-back calls leave open. */
function watchOf(): ChangeWatch {
  const held = 300;
  const unsure = Math.round(held * (1 - TRUE.served));
  const evidence = {
    gate: { served: held - unsure, errors: 0 },
    exam: { coverage: rateOf(held * TRUE.served, held) },
    calibration: { curve: [{ served: held, errors: Math.round(unsure * TRUE.unsure) }] },
    unfamiliar: rateOf(held * TRUE.unfamiliar, held),
  };
  return newChangeWatch({ evidence } as unknown as Specialist, { history: [] });
}
