/**
 * A trained LoRA specialist as a folder that other runtimes load: the adapter as it was proved, byte for byte (adapter.gguf,
 * for llama.cpp), the same as PEFT has it (peft/), base and adapter in one file (merged.gguf), how it is asked (specialist.json) and a model card (README.md).
 * Does not: decide who may have it, or keep a record of it (commands/export.ts).
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnderstudyError } from '../core/errors.ts';
import { contentHash } from '../core/ids.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Task } from '../core/task.ts';
import { promptPieces } from '../models/decoder/chat-template.ts';
import { chatTemplateOfGguf } from '../models/decoder/gguf-template.ts';
import { mergedCopy } from '../models/decoder/merge.ts';
import { openGguf } from '../models/formats/gguf/read.ts';
import type { CatalogueEntry } from '../models/weights/entry.ts';
import type { AdapterFormat } from './formats.ts';
import { writePeft } from './peft.ts';

export interface SpecialistExport {
  readonly specialist: Specialist;
  readonly task: Task;
  readonly base: Pick<CatalogueEntry, 'name' | 'license'>;
  /** The base model's GGUF file, with which it was trained and proved. */
  readonly basePath: string;
  /** What PEFT is to load the base from. Default: the base's name in the catalogue. */
  readonly baseModel?: string;
  readonly formats: readonly AdapterFormat[];
}

/** Where INPUT stands, the input goes: the control tokens around it are no part of it. */
const INPUT = '{input}';

/**
 * Refuses what no other runtime could load, before anything is written.
 * @throws UnderstudyError 'unsupported' for what is no adapter, 'corrupt' where the adapter is not the one that was proved.
 */
export function checkExportable({ artefact, candidate }: Specialist): void {
  // Of all artefacts, adapters alone are GGUF files.
  if (!artefact.path.endsWith('.gguf'))
    throw new UnderstudyError(
      'unsupported',
      `The specialist is of the rung ${candidate.rung}, which no other runtime loads.`,
      { hint: 'LoRA adapters can be exported; for the others, export the dataset instead.' },
    );
  if (contentHash(readFileSync(artefact.path)) !== artefact.sha256)
    throw new UnderstudyError('corrupt', `${artefact.path} is not the adapter that was proved.`, {
      hint: 'Train the task again: understudy learn --task.',
    });
}

/**
 * Writes the folder, whose files are their owner's alone; returns their names.
 * @throws as checkExportable and the readers; UnderstudyError 'unsupported' for a base that is not merged.
 */
export async function writeSpecialist(dir: string, options: SpecialistExport): Promise<readonly string[]> {
  const { specialist, task, base, basePath, formats } = options;
  const { artefact, candidate, evidence, confidence } = specialist;
  checkExportable(specialist);
  const file = openGguf(basePath);
  const { headSize, prompt, stop } = readBase(file);
  file.close();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const written: string[] = [];
  const write = (name: string, text: string): void => {
    writeFileSync(join(dir, name), text, { mode: 0o600 });
    written.push(name);
  };
  if (formats.includes('gguf')) {
    copyFileSync(artefact.path, join(dir, 'adapter.gguf'));
    written.push('adapter.gguf');
  }
  if (formats.includes('peft')) {
    const adapter = openGguf(artefact.path);
    mkdirSync(join(dir, 'peft'), { recursive: true, mode: 0o700 });
    writePeft(join(dir, 'peft'), adapter, { headSize, baseModel: options.baseModel ?? base.name });
    adapter.close();
    written.push('peft/adapter_config.json', 'peft/adapter_model.safetensors');
  }
  if (formats.includes('merged')) {
    await writeMerged(dir, basePath, artefact.path);
    written.push('merged.gguf');
  }
  const { exam, gate } = evidence;
  const about = {
    id: specialist.id,
    task: task.name,
    kind: specialist.kind,
    version: specialist.version,
    base: { name: base.name, sha256: contentHash(readFileSync(basePath)) },
    adapter: { sha256: artefact.sha256, recipe: candidate.recipe, dataset: evidence.datasetId },
    prompt: { text: prompt, stop },
    // Where there are keys, the model writes the values alone, as JSON, one a line, in this order.
    answerKeys: artefact.answerKeys ?? null,
    // The input is what stands in the slots of these templates, one a line, and the turns after them.
    sites: task.sites.map(({ system, user, turn }) => ({ system, user, turn })),
    threshold: gate.threshold,
    confidence,
    evidence: {
      coverage: exam.coverage,
      servedError: exam.servedError,
      accuracy: exam.accuracy,
      gate: gate.reason,
    },
  };
  write('specialist.json', `${JSON.stringify(about, null, 2)}\n`);
  write('README.md', card(options, prompt, stop));
  return written;
}

async function writeMerged(dir: string, basePath: string, adapterPath: string): Promise<void> {
  const copy = await mergedCopy(basePath, adapterPath, { copiesDir: dir });
  if (copy === null)
    throw new UnderstudyError('unsupported', 'Base and adapter cannot be written as one file here.', {
      hint: 'The base is too large or the disk too full; llama-export-lora of llama.cpp makes one of the two files.',
    });
  renameSync(copy, join(dir, 'merged.gguf'));
  chmodSync(join(dir, 'merged.gguf'), 0o600);
  rmSync(join(dir, 'merged'), { recursive: true });
}

function readBase(file: ReturnType<typeof openGguf>): { headSize: number; prompt: string; stop: string } {
  const { metadata } = file;
  const architecture = String(metadata.get('general.architecture'));
  const number = (key: string): number => Number(metadata.get(`${architecture}.${key}`));
  const template = chatTemplateOfGguf(file);
  const prompt = promptPieces(template, INPUT)
    .map((piece) => ('special' in piece ? piece.special : piece.text))
    .join('');
  return {
    headSize: number('attention.key_length') || number('embedding_length') / number('attention.head_count'),
    prompt,
    stop: template.end,
  };
}

function card(
  { specialist, task, base, baseModel, formats }: SpecialistExport,
  prompt: string,
  stop: string,
): string {
  const { artefact, evidence } = specialist;
  const { exam } = evidence;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const keys = artefact.answerKeys;
  return `---
base_model: ${baseModel ?? base.name}
library_name: peft
license: ${base.license.toLowerCase()}
tags: [lora, understudy]
---

# ${task.name}

A LoRA adapter of the base model ${base.name}, for one task of one application. Exported by Understudy from the specialist
${specialist.id}; its adapter has the SHA-256 ${artefact.sha256}.

## How it is asked

The prompt, without a system message (a template that adds one by itself must not be used), decoded greedily up to
\`${stop}\`:

\`\`\`
${prompt}
\`\`\`

\`${INPUT}\` is what varies in a call of the task, as specialist.json describes it.${
    keys ? ` The answer has a line for each of ${keys.join(', ')}: its value as JSON.` : ''
  }

## What was measured

${exam.accuracy.hits} of ${exam.accuracy.n} held-back calls right (${percent(exam.accuracy.share)}). With its confidence threshold,
which another runtime does not apply by itself: ${percent(exam.coverage.share)} of the calls served, ${exam.servedError.hits} of ${exam.servedError.n} of them wrong.
These figures are of adapter.gguf on ${base.name} as Understudy runs it.${
    formats.includes('peft')
      ? ' peft/ holds the same matrices; on weights of another precision answers can differ.'
      : ''
  }

It was trained on calls as they are stored, with personal data replaced. It may still hold words of the application.
`;
}
