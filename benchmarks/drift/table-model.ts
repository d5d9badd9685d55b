/**
 * A specialist that is a table: the label of each intent that its examples had, with errors and confidences of a stated kind.
 * Intents that it has not seen it takes for others, with a confidence and a familiarity that are often, not always, lower: that
 * is what drift feels like. A trainer and a runtime like any other.
 */
import { contentHash } from '../../src/core/ids.ts';
import type { Proposal, Runtime, Trainer } from '../../src/core/runtime.ts';
import { fraction, intentOf } from './world.ts';

const RUNG = 'table';
/** Of inputs whose intent is known, those that it gets wrong whatever it has seen. */
const INHERENT = 0.008;

/** By path. */
type Tables = Map<string, ReadonlyMap<number, { readonly label: string; readonly purity: number }>>;

export function tableModel(): { readonly trainer: Trainer; readonly runtime: Runtime } {
  const tables: Tables = new Map();
  const propose: Trainer['propose'] = (_, { splits: { train } }): readonly Proposal[] => [
    {
      rung: RUNG,
      base: null,
      recipe: {},
      cost: 'seconds',
      work: train.length,
      minutes: 0,
      refusal: null,
    },
  ];
  return {
    trainer: {
      name: RUNG,
      propose,
      train: async ({ candidate, train }) => {
        const counts = new Map<number, Map<string, number>>();
        for (const { input, answer, weight } of train) {
          const intent = intentOf(input);
          const labels = counts.get(intent) ?? new Map<string, number>();
          counts.set(intent, labels.set(answer, (labels.get(answer) ?? 0) + weight));
        }
        const table = new Map(
          [...counts].map(([intent, labels]) => {
            const [label, most] = [...labels].reduce((a, b) => (b[1] > a[1] ? b : a));
            const all = [...labels.values()].reduce((sum, n) => sum + n, 0);
            return [intent, { label, purity: most / all }] as const;
          }),
        );
        const sha256 = contentHash(JSON.stringify([...table]));
        const path = `${candidate.id}/${sha256.slice(0, 16)}`;
        tables.set(path, table);
        return { rung: RUNG, base: null, path, sha256, trainedMs: 1, figures: { examples: train.length } };
      },
    },
    runtime: {
      rungs: [RUNG],
      predict: async ({ path }, input) => {
        const table = tables.get(path)!;
        const intent = intentOf(input);
        const draw = (what: string): number => fraction(`${what} ${path} ${input}`);
        const known = table.get(intent);
        const labels = [...new Set([...table.values()].map(({ label }) => label))];
        const wrong = (): string => labels[Math.floor(draw('label') * labels.length)]!;
        const isInherent = draw('error') < INHERENT;
        const answer = known === undefined || isInherent ? wrong() : known.label;
        // What it gets wrong by itself it is mostly, and what it has not seen it is often, less sure of.
        const confidence =
          known === undefined
            ? 0.55 + 0.44 * draw('confidence')
            : isInherent
              ? 0.4 + 0.58 * draw('confidence')
              : known.purity * (0.9 + 0.099 * draw('confidence') ** 0.5);
        const familiarity =
          known === undefined ? 0.4 + 0.55 * draw('familiar') : 0.8 + 0.2 * draw('familiar');
        return { answer, signals: { p: Math.min(0.999, confidence), familiarity }, ms: 2 };
      },
      close: async () => {},
    },
  };
}
