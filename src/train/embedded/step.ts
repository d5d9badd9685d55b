/**
 * Runs the graph: feeds weights, LoRA matrices and a batch, and collects loss and gradients.
 * Does not: update parameters (adamw.ts) or decide what comes when (loop.ts).
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { cutRuns } from '../engine/runs.ts';
import {
  type BatchInputs,
  batchInputs,
  completionTokens,
  fitsWithin,
  type RunLimits,
  rotaryInputs,
  type Sample,
} from './batch.ts';
import { buildGraph, type Graph, type GraphOptions, LIKELIEST, LOGITS, PROBABILITY } from './graph.ts';
import { gradientName, loraLayout, loraLength, loraTensors, matrixOf } from './lora.ts';
import type { DecoderWeights } from './weights.ts';

/** Where no plan for the memory says otherwise (memory.ts). */
const LIMITS: RunLimits = { tokens: 1024, attention: 1 << 20, labels: 256 };

export interface StepOptions extends GraphOptions {
  readonly threads: number;
  /** Longest sample that will come. */
  readonly maxTokens: number;
  readonly limits?: RunLimits;
}

/** Whether greedy decoding writes the completion token by token, and how probable it is as a whole. */
export interface Checked {
  readonly exact: boolean;
  readonly probability: number;
}

/** A session over fixed weights and one flat array of LoRA parameters, which it reads anew at each run. */
export class StepRunner {
  /** Gradients of the last step, laid out as the parameters. */
  readonly gradient: Float32Array;
  private readonly session: InferenceSession;
  private readonly weights: DecoderWeights;
  private readonly feeds: Readonly<Record<string, Tensor>>;
  /** Where a run puts its gradients: into the step's where it is the step's only run, else into one to be added. */
  private readonly fetches: Readonly<Record<'whole' | 'part', InferenceSession.NullableOnnxValueMapType>>;
  private readonly partial: Float32Array;
  private readonly limits: RunLimits;

  private constructor(
    session: InferenceSession,
    fed: Graph['fed'],
    weights: DecoderWeights,
    parameters: Float32Array,
    options: StepOptions,
  ) {
    this.session = session;
    this.weights = weights;
    this.limits = options.limits ?? LIMITS;
    const layout = loraLayout(weights.shape, options.lora);
    this.gradient = new Float32Array(options.mode === 'train' ? loraLength(layout) : 0);
    this.partial = new Float32Array(this.gradient.length);
    const feeds = tensors(rotaryInputs(weights.shape, options.maxTokens));
    for (const [name, { type, data, dims }] of fed) feeds[name] = new Tensor(type, data, dims);
    const whole: Record<string, Tensor | null> = { [PROBABILITY]: null };
    const part: Record<string, Tensor | null> = { [PROBABILITY]: null };
    for (const tensor of loraTensors(layout)) {
      const { name } = tensor;
      const dims = [tensor.rows, tensor.cols];
      feeds[name] = new Tensor('float32', matrixOf(parameters, tensor), dims);
      if (options.mode !== 'train') continue;
      whole[gradientName(name)] = new Tensor('float32', matrixOf(this.gradient, tensor), dims);
      part[gradientName(name)] = new Tensor('float32', matrixOf(this.partial, tensor), dims);
    }
    this.feeds = feeds;
    this.fetches = { whole, part };
  }

  /** @param parameters Flat LoRA parameters in the order of loraLayout; kept, not copied. */
  static async create(
    weights: DecoderWeights,
    parameters: Float32Array,
    options: StepOptions,
  ): Promise<StepRunner> {
    const { bytes, fed } = buildGraph(weights, options);
    const session = await InferenceSession.create(bytes, {
      intraOpNumThreads: options.threads,
      // Shapes change from run to run: planned memory patterns would never be used.
      enableMemPattern: false,
      // Spinning threads would take the cores from everything else between two operators.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      logSeverityLevel: 3,
    });
    return new StepRunner(session, fed, weights, parameters, options);
  }

  /**
   * Mean cross-entropy over the completion tokens of the samples, in nats, weighted; in training mode `gradient`
   * then holds its gradient.
   */
  async step(samples: readonly Sample[]): Promise<number> {
    const divisor = completionTokens(samples);
    const runs = cutRuns(samples, fitsWithin(this.limits));
    if (runs.length > 1) this.gradient.fill(0);
    const fetches = runs.length > 1 ? this.fetches.part : this.fetches.whole;
    let loss = 0;
    for (const run of runs) {
      const inputs = batchInputs(run, this.weights.shape, divisor);
      const result = await this.session.run({ ...this.feeds, ...tensors(inputs) }, fetches);
      const probability = result[PROBABILITY]!.data as Float32Array;
      const weights = inputs.lossWeights!.data as Float32Array;
      // The smallest float32 guards the logarithm where a probability underflows.
      for (let i = 0; i < weights.length; i++)
        loss -= weights[i]! * Math.log(Math.max(probability[i]!, 1.2e-38));
      if (runs.length > 1)
        for (let i = 0; i < this.gradient.length; i++) this.gradient[i]! += this.partial[i]!;
    }
    return loss;
  }

  /** Logits [completion tokens, vocab] that predict the completion of one sample; evaluation mode only. */
  async logits(sample: Sample): Promise<Float32Array> {
    const inputs = batchInputs([sample], this.weights.shape, 1);
    const result = await this.session.run({ ...this.feeds, ...tensors(inputs) }, [LOGITS]);
    return result[LOGITS]!.data as Float32Array;
  }

  /** What greedy decoding would make of each sample's prompt, in order; evaluation mode only. */
  async check(samples: readonly Sample[]): Promise<readonly Checked[]> {
    const checked = new Map<Sample, Checked>();
    for (const run of cutRuns(samples, fitsWithin(this.limits))) {
      const inputs = batchInputs(run, this.weights.shape, 1);
      const result = await this.session.run({ ...this.feeds, ...tensors(inputs) }, [PROBABILITY, LIKELIEST]);
      const probability = result[PROBABILITY]!.data as Float32Array;
      const likeliest = result[LIKELIEST]!.data as BigInt64Array;
      const labels = inputs.labels!.data as BigInt64Array;
      let row = 0;
      for (const sample of run) {
        let exact = true;
        let product = 1;
        for (const end = row + completionTokens([sample]); row < end; row++) {
          // Greedy decoding writes the completion if and only if, given its beginning, each next token is the likeliest.
          exact &&= likeliest[row] === labels[row];
          product *= probability[row]!;
        }
        checked.set(sample, { exact, probability: product });
      }
    }
    return samples.map((sample) => checked.get(sample)!);
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

function tensors(inputs: BatchInputs): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { type, data, dims }]) => [
      name,
      type === 'int64' ? new Tensor('int64', data, dims) : new Tensor('float32', data, dims),
    ]),
  );
}
