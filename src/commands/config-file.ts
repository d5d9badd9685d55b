/**
 * The first understudy.yaml, with a comment for each setting, and beside the data the JSON Schema by which editors check and
 * complete it.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { configSchema } from '../core/config.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import { MODE_TEXT, type OfferedMode, type Setup } from './questions.ts';

export interface WrittenConfig {
  readonly file: string;
  readonly schema: string;
}

/**
 * Writes both files, and nothing where the first is there already.
 * @param options.dataDir As an absolute path; it is made where it is missing.
 * @param options.namedDataDir As the file is to name it. Default: not at all, since it is the default.
 * @param options.force Replaces a file that is there.
 * @throws UnderstudyError 'bad-input' (the file is there), 'unavailable' (it cannot be written).
 */
export function writeConfig(
  setup: Pick<Setup, 'upstream' | 'mode'>,
  options: {
    readonly file: string;
    readonly dataDir: string;
    readonly namedDataDir?: string | undefined;
    readonly force?: boolean;
  },
): WrittenConfig {
  const { file, dataDir, namedDataDir, force = false } = options;
  if (!force && existsSync(file))
    throw new UnderstudyError('bad-input', `${file} is there already.`, {
      hint: 'Change it, or replace it with --force.',
      status: 409,
    });
  const schema = join(dataDir, 'understudy.schema.json');
  const folder = dirname(file);
  const found = relative(folder, schema).replaceAll('\\', '/');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    mkdirSync(folder, { recursive: true });
    writeFileSync(schema, `${JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }), null, 2)}\n`);
    const text = configText(setup, {
      schema: found.startsWith('..') ? schema : `./${found}`,
      dataDir: namedDataDir,
    });
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    throw new UnderstudyError('unavailable', `${file} could not be written: ${messageOf(cause)}`, {
      hint: 'Start it in a folder that you may write to.',
      cause,
    });
  }
  return { file, schema };
}

/** The file's text. Comments hold no $ with braces: that would be filled in from the environment. */
function configText(
  { upstream, mode }: Pick<Setup, 'upstream' | 'mode'>,
  paths: { readonly schema: string; readonly dataDir: string | undefined },
): string {
  const modes = (Object.entries(MODE_TEXT) as [OfferedMode, string][]).map(
    ([name, text]) => `  #   ${`${name}:`.padEnd(9)} ${text}`,
  );
  return [
    `# yaml-language-server: $schema=${paths.schema}`,
    '# Understudy’s configuration. All else has a default: `understudy validate` shows every setting.',
    '',
    ...(paths.dataDir === undefined
      ? []
      : ['# What is recorded and learnt.', entry('dataDir', paths.dataDir), '']),
    'upstream:',
    '  # The LLM provider, with its version path. Agents’ keys go to it untouched and are never stored.',
    `  ${entry('baseUrl', upstream)}`,
    '',
    'gateway:',
    '  # Where agents find it: http://127.0.0.1:4000/v1',
    '  port: 4000',
    '',
    'learn:',
    '  # What `understudy start` does by itself with the calls that it has recorded:',
    ...modes,
    `  ${entry('mode', mode)}`,
    '',
    'gate:',
    '  # Of what a small model answers, at most this share may differ from the LLM’s answers, with 95 % confidence.',
    '  epsilon: 0.02',
    '',
  ].join('\n');
}

/** A line of YAML, quoted where it has to be. */
const entry = (key: string, value: string): string => stringify({ [key]: value }, { lineWidth: 0 }).trimEnd();
