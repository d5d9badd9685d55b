/** A training without end, in a process group of its own so that it can be halted and let go on as a whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedTrainer } from '../../src/train/embedded/trainer.ts';

const [basePath = ''] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'understudy-training-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
process.on('disconnect', () => process.exit(0));
const train = Array.from({ length: 200 }, (_, i) => ({
  id: `e${i}`,
  callId: `c${i}`,
  sessionId: `s${i}`,
  at: i,
  weight: 1,
  input: `Where is my order ${10_000 + 37 * i}? It should have been here on Monday, and nobody answers the phone.`,
  answer: `{"order":"${10_000 + 37 * i}"}`,
}));
await embeddedTrainer({ basePath: async () => basePath }).train(
  {
    candidate: { id: 'c', taskId: 'bench', rung: 'lora', base: 'bench', recipe: { epochs: 1000 } },
    kind: 'json',
    train,
    validation: [],
    dir,
    seed: 1,
  },
  ({ done }) => done > 0 && process.send?.('step'),
);
