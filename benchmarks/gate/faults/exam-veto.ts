/** The exam's veto: how many errors among 40 served calls bring it about, however often the exam has been used. */
import { examine, vetoOf } from '../../../src/evaluate/exam.ts';
import type { Fault } from '../fault.ts';

export const what =
  'the exam must be able to contradict the gate where little is served, also when used again';

const SERVED = 40;

export function simulate(): Fault {
  const bites = (uses: number): number => {
    for (let errors = 0; errors <= SERVED; errors++) {
      const answers = Array.from({ length: SERVED }, (_, i) => ({
        confidence: 0.9,
        correct: i >= errors,
        seen: false,
        fieldScore: null,
      }));
      const { gate } = examine(answers, PASSED, uses);
      if (!gate.passed) return errors;
    }
    return SERVED + 1;
  };
  const power = (served: number): number =>
    vetoOf(
      Array.from({ length: served }, () => ({ served: 1, errors: 0 })),
      PASSED.epsilon,
    ).power;
  const value = Math.max(...[1, 2, 10, 25].map(bites));
  return {
    value,
    goal: 'at most 3 errors in 40 served, at any use',
    holds: value <= 3,
    detail: {
      'notices 4 % with 40 served': power(40),
      'notices 4 % with 100 served': power(100),
      'notices 4 % with 300 served': power(300),
    },
  };
}

const PASSED = {
  passed: true,
  threshold: 0.5,
  epsilon: 0.02,
  delta: 0.05,
  served: 400,
  errors: 2,
  n: 400,
  pValue: 0.01,
  reason: '',
  moreCalls: 0,
};
