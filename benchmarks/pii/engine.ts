/**
 * The token classifier's forms against each other, one thread: the file as it is fetched, our graph in float32, and in
 * 8 bits. Kilobytes of text a second of the processor's time, and the share of texts with the same entities.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Entity } from '../../src/core/entity.ts';
import { openTokenClassifier } from '../../src/models/token-classifier/classifier.ts';
import { tokeniser } from '../../src/models/token-classifier/pieces.ts';
import { MODEL_FILE, readClassifier } from '../../src/models/token-classifier/weights.ts';
import { windowsOf } from '../../src/models/token-classifier/windows.ts';

export interface EngineFigures {
  /** Kilobytes a second of processor time. */
  readonly asFetched: number;
  readonly float32: number;
  readonly int8: number;
  /** Of texts in which int8 finds exactly what float32 does. */
  readonly sameEntities: number;
}

/** @param path Folder of the classifier's files. */
export async function compareEngines(path: string, texts: readonly string[]): Promise<EngineFigures> {
  const [float32, exact] = await timed(path, texts, 'float32');
  const [int8, near] = await timed(path, texts, 'int8');
  const same = exact.filter((entities, i) => JSON.stringify(entities) === JSON.stringify(near[i])).length;
  return { asFetched: await asFetched(path, texts), float32, int8, sameEntities: same / texts.length };
}

type Found = readonly (readonly Entity[])[];

async function timed(
  path: string,
  texts: readonly string[],
  precision: 'float32' | 'int8',
): Promise<readonly [number, Found]> {
  const finder = await openTokenClassifier(path, { precision });
  await finder.find(['One text before the clock starts.']);
  const start = process.cpuUsage();
  const found = await finder.find(texts);
  const speed = kilobytesPerSecond(texts, start);
  await finder.close();
  return [speed, found];
}

/** The fetched graph over the same windows, without what is done with its logits. */
async function asFetched(path: string, texts: readonly string[]): Promise<number> {
  const session = await InferenceSession.create(readFileSync(join(path, MODEL_FILE)), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const { split, cls, sep } = tokeniser(readClassifier(path).vocabulary);
  const start = process.cpuUsage();
  for (const text of texts) {
    const pieces = split(text);
    for (const window of windowsOf(text, pieces, { most: 126, shared: 31 })) {
      const ids = [cls, ...pieces.ids.slice(window.start, window.end), sep];
      const tensor = (values: readonly number[]): Tensor =>
        new Tensor('int64', BigInt64Array.from(values, BigInt), [1, ids.length]);
      const [ones, zeros] = [ids.map(() => 1), ids.map(() => 0)];
      await session.run({
        input_ids: tensor(ids),
        attention_mask: tensor(ones),
        token_type_ids: tensor(zeros),
      });
    }
  }
  const speed = kilobytesPerSecond(texts, start);
  await session.release();
  return speed;
}

function kilobytesPerSecond(texts: readonly string[], start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return texts.reduce((sum, text) => sum + text.length, 0) / ((user + system) / 1000);
}
