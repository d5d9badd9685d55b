/** A trainer as a process that trains so many steps when told, so that two can take turns on one machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Sample } from '../../src/train/embedded/batch.ts';
import type { Recipe } from '../../src/train/embedded/recipe.ts';

export interface ArmJob {
  /** GGUF file of the base model. */
  readonly base: string;
  readonly samples: readonly Sample[];
  readonly recipe: Recipe;
  readonly seed: number;
  readonly threads: number;
  /** Indices of the samples of each step, for the side that has no order of its own. */
  readonly order: readonly (readonly number[])[];
}

/** What the steps since the last report took. */
export interface ArmReport {
  /** Done in all. */
  readonly steps: number;
  readonly seconds: number;
  /** Trained on, padding not counted. */
  readonly tokens: number;
  readonly losses: readonly number[];
  /** Largest resident set of the process so far. */
  readonly peakMb: number;
}

export class Arm {
  readonly steps: number;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, steps: number) {
    this.child = child;
    this.lines = lines;
    this.steps = steps;
  }

  /** Starts `program`, which reads the job from the file that it is given last. */
  static async start(program: readonly string[], jobPath: string, job: ArmJob): Promise<Arm> {
    writeFileSync(jobPath, JSON.stringify(job));
    const [command, ...args] = program;
    const child = spawn(command!, [...args, jobPath], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { steps } = await read<{ steps: number }>(lines);
    return new Arm(child, lines, steps);
  }

  /** Trains on and leaves the adapter as it then is at `snapshot`. */
  async train(steps: number, snapshot: string): Promise<ArmReport> {
    this.child.stdin!.write(`${JSON.stringify({ steps, snapshot })}\n`);
    return read<ArmReport>(this.lines);
  }

  stop(): void {
    this.child.stdin!.end();
    this.child.kill();
  }
}

async function read<T>(lines: AsyncIterator<string>): Promise<T> {
  const { value, done } = await lines.next();
  if (done) throw new Error('The process ended before it was done; its own words stand above.');
  return JSON.parse(value) as T;
}
