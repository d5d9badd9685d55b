/** The share of a good specialist's calls (1 % of errors) that is audited between its 1,000th and its 2,000th audit. */
import { seededRandom } from '../../../src/core/random.ts';
import { atMost, independent, POLICY, serve, type Verdict } from '../lives.ts';

export const name = 'audits: share of calls in quiet times';
export const goal = `≤ ${POLICY.auditShare}, the share that was fixed before`;

export async function run(seed: number, runs = 2000): Promise<Verdict> {
  let audits = 0;
  let calls = 0;
  for (let each = 0; each < runs; each++) {
    const random = seededRandom(seed * 1_000_003 + each);
    const { watch } = serve(independent(0.01), random, 1000, { goOn: true });
    const quiet = serve(independent(0.01), random, 1000, { watch, goOn: true });
    audits += quiet.audits;
    calls += quiet.calls;
  }
  return atMost(audits / calls, POLICY.auditShare);
}
