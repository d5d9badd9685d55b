/** The share of a good specialist's calls (1 % of errors) that is audited between its 1,000th and its 2,000th audit. */
import { seededRandom } from '../../../src/core/random.ts';
import { atMost, type Fault, independent, POLICY, RUNS, serve } from '../lives.ts';

export const what = 'audits: share of calls in quiet times';

export function simulate(runs = RUNS): Fault {
  let audits = 0;
  let calls = 0;
  for (let each = 0; each < runs; each++) {
    const random = seededRandom(each);
    const { watch } = serve(independent(0.01), random, 1000, { goOn: true });
    const quiet = serve(independent(0.01), random, 1000, { watch, goOn: true });
    audits += quiet.audits;
    calls += quiet.calls;
  }
  return atMost(audits / calls, POLICY.auditShare, 'share of served calls, as fixed before');
}
