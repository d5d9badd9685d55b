/**
 * `understudy export`: a task's dataset, or its LoRA specialist, for other programs. Each export is in the audit trail before
 * a file is written.
 * Does not: make records or files (export/), or choose the examples (learn/export-task.ts).
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { SPLITS, type SplitName } from '../core/dataset.ts';
import { isInService } from '../core/deployment.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Specialist } from '../core/specialist.ts';
import type { Store } from '../core/store.ts';
import type { Task } from '../core/task.ts';
import { taskNamed } from '../deploy/control.ts';
import {
  ADAPTER_FORMATS,
  type AdapterFormat,
  DATASET_FORMATS,
  type DatasetFormat,
  PROMPTS,
  type PromptForm,
} from '../export/formats.ts';
import { ensureWeights, modelNamed } from '../models/weights/weights.ts';
import { plural } from '../report/words.ts';
import { person } from '../setup/person.ts';
import { type CommonOptions, configFor, print, type Terminal, withCommonOptions } from './context.ts';
import { withUnderstudy } from './with-store.ts';

interface ExportFlags extends CommonOptions {
  readonly out?: string;
  readonly force?: boolean;
}

interface DatasetFlags extends ExportFlags {
  readonly format: DatasetFormat;
  readonly split: readonly SplitName[];
  readonly prompt: PromptForm;
}

interface SpecialistFlags extends ExportFlags {
  readonly format: readonly AdapterFormat[];
  readonly specialist?: string;
  readonly baseModel?: string;
}

export function addExport(program: Command, terminal: Terminal): void {
  const all = program
    .command('export')
    .description('Write a task’s dataset or its specialist for other programs.')
    .addHelpText(
      'after',
      `
What is exported is as it is stored: personal data replaced, nothing put back. Files are readable by their owner alone, and
each export is in the audit trail, with who made it (understudy audit list). docs/export.md has the formats.

Examples:
  $ understudy export dataset triage                          OpenAI fine-tuning JSONL
  $ understudy export dataset triage --format parquet --split train validation
  $ understudy export specialist triage --out ./triage        GGUF and PEFT, with a model card`,
    );
  withOut(withCommonOptions(all.command('dataset')))
    .description('Write the examples of a task.')
    .argument('<task>', 'name or id of the task')
    .addOption(new Option('--format <format>', 'of the file').choices(DATASET_FORMATS).default('openai'))
    .addOption(new Option('--split <split...>', 'which examples').choices(SPLITS).default(['train']))
    .addOption(
      new Option(
        '--prompt <form>',
        'full: as the agent asked; distilled: what varies, as specialists are asked',
      )
        .choices(PROMPTS)
        .default('full'),
    )
    .addHelpText(
      'after',
      `
A model that is trained on held-back examples (validation, calibration, exam) cannot be proved on them any more.`,
    )
    .action((task: string, flags: DatasetFlags) => runDataset(task, flags, terminal));
  withOut(withCommonOptions(all.command('specialist')))
    .description('Write the LoRA adapter of a task, as it was proved.')
    .argument('<task>', 'name or id of the task')
    .addOption(
      new Option('--format <format...>', 'of the adapter').choices(ADAPTER_FORMATS).default(['gguf', 'peft']),
    )
    .option(
      '--specialist <version>',
      'version or id of one of the task’s specialists (default: the one that serves, else the newest)',
    )
    .option('--base-model <name>', 'what PEFT loads the base from: OWNER/NAME at the hub, or a folder')
    .action((task: string, flags: SpecialistFlags) => runSpecialist(task, flags, terminal));
}

function withOut(command: Command): Command {
  return command
    .option('--out <path>', 'where to write it (default: here, by the task’s name)')
    .option('--force', 'replace what is there');
}

function runDataset(named: string, flags: DatasetFlags, terminal: Terminal): Promise<void> {
  return withUnderstudy(flags, terminal, async (understudy) => {
    const store = await understudy.store();
    const task = await taskNamed(store, named);
    const { format, split: splits, prompt } = flags;
    const ending = { openai: 'openai.jsonl', sharegpt: 'sharegpt.jsonl', parquet: 'parquet' }[format];
    const file = pathFor(flags, `${fileName(task)}.${ending}`, terminal);
    const config = configFor(flags, terminal);
    const known = await store.tasks();
    const { exportTask } = await import('../learn/export-task.ts');
    const { writeDataset } = await import('../export/dataset-file.ts');
    const { id, examples } = await exportTask(understudy.calls(), { task, known, splits, config });
    if (examples.length === 0)
      throw new UnderstudyError('bad-input', `'${task.name}' has no examples in ${splits.join(', ')}.`, {
        hint: 'Its calls may have been erased, or there are too few of them for a dataset.',
      });
    await store.appendTrail({
      at: Date.now(),
      actor: person(),
      action: 'dataset-exported',
      subject: task.name,
      detail: {
        format,
        splits: splits.join(' '),
        dataset: id,
        examples: examples.length,
        file,
      },
    });
    await writeDataset(file, examples, { format, prompt });
    const report = { kind: 'export', of: 'dataset', task: task.name, dataset: id, format, splits, prompt };
    print(terminal, flags, { ...report, examples: examples.length, file }, () =>
      [
        `${plural(examples.length, 'example')} of '${task.name}' (${splits.join(', ')}) in ${file}`,
        'They are as stored: personal data replaced. The export is in the audit trail.',
      ].join('\n'),
    );
  });
}

function runSpecialist(named: string, flags: SpecialistFlags, terminal: Terminal): Promise<void> {
  return withUnderstudy(flags, terminal, async (understudy) => {
    const store = await understudy.store();
    const task = await taskNamed(store, named);
    const specialist = await specialistOf(store, task, flags.specialist);
    const { checkExportable, writeSpecialist } = await import('../export/specialist-folder.ts');
    checkExportable(specialist);
    const dir = pathFor(flags, fileName(task), terminal);
    const { dataDir } = configFor(flags, terminal);
    const name = specialist.artefact.base ?? '';
    const base = modelNamed(name, dataDir);
    const weights = { dataDir, env: terminal.env, signal: terminal.signal };
    const { path: basePath } = await ensureWeights(name, weights);
    await store.appendTrail({
      at: Date.now(),
      actor: person(),
      action: 'specialist-exported',
      subject: task.name,
      detail: {
        specialist: specialist.id,
        sha256: specialist.artefact.sha256,
        formats: flags.format.join(' '),
        dir,
      },
    });
    const files = await writeSpecialist(dir, {
      specialist,
      task,
      base,
      basePath,
      formats: flags.format,
      ...(flags.baseModel === undefined ? {} : { baseModel: flags.baseModel }),
    });
    const { id, version, artefact } = specialist;
    const report = { kind: 'export', of: 'specialist', task: task.name, specialist: id, version };
    print(terminal, flags, { ...report, sha256: artefact.sha256, dir, files }, () =>
      [
        `Version ${version} of '${task.name}' in ${dir}:`,
        ...files.map((file) => `  ${file}`),
        'README.md says how it is asked. The export is in the audit trail.',
      ].join('\n'),
    );
  });
}

/** The one that is named; else the one in service, else the newest. @throws UnderstudyError 'not-found'. */
async function specialistOf(store: Store, task: Task, named: string | undefined): Promise<Specialist> {
  const specialists = await store.specialists(task.id);
  const serving = (await store.deployments()).findLast(
    ({ taskId, stage }) => taskId === task.id && isInService(stage),
  );
  const found =
    named === undefined
      ? (specialists.find(({ id }) => id === serving?.specialistId) ??
        specialists.toSorted((a, b) => b.version - a.version)[0])
      : specialists.find(({ id, version }) => id === named || String(version) === named);
  if (found) return found;
  const which = named === undefined ? 'no specialist yet' : `no specialist ${named}`;
  throw new UnderstudyError('not-found', `'${task.name}' has ${which}.`, {
    hint: '`understudy status` shows what there is; `understudy learn` makes one.',
    status: 404,
  });
}

const fileName = ({ name }: Task): string => name.replace(/[^\p{L}\p{N}._-]+/gu, '-');

/** @throws UnderstudyError 'bad-input' for what is there already. */
function pathFor({ out, force }: ExportFlags, name: string, { cwd }: Terminal): string {
  const path = resolve(cwd, out ?? name);
  if (force || !existsSync(path)) return path;
  throw new UnderstudyError('bad-input', `${path} is there already.`, {
    hint: 'Give another --out, or replace it with --force.',
    status: 409,
  });
}
