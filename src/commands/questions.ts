/**
 * The three questions of a first start: where the calls are, which provider answers them, and what may be deployed. Each has
 * a default for Enter; what cannot be understood is asked again.
 * Does not: write or start anything (first-run.ts, init.ts).
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UnderstudyError } from '../core/errors.ts';
import type { Terminal } from './context.ts';

/** The modes of `learn.mode` that a first start offers. */
export const OFFERED_MODES = ['observe', 'propose', 'auto'] as const;
export type OfferedMode = (typeof OFFERED_MODES)[number];

export interface Setup {
  /** File or folder with recorded calls, as an absolute path; null: they come live, through the gateway. */
  readonly logs: string | null;
  /** Base URL of the provider, with its version path. */
  readonly upstream: string;
  readonly mode: OfferedMode;
}

/** Providers that can be named instead of spelling out their base URL. */
export const PROVIDERS: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  openrouter: 'https://openrouter.ai/api/v1',
  ollama: 'http://127.0.0.1:11434/v1',
};

export const MODE_TEXT: Readonly<Record<OfferedMode, string>> = {
  observe: 'it learns and proves, and deploys nothing',
  propose: 'what passes the proof waits until you approve it',
  auto: 'what passes the proof comes into service by itself, from shadow on',
};

export const DEFAULTS: Setup = { logs: null, upstream: 'https://api.openai.com/v1', mode: 'propose' };

/** The base URL of a provider's name, or the URL itself; null for what is neither. */
export function upstreamOf(text: string): string | null {
  const named = PROVIDERS[text.toLowerCase()];
  if (named !== undefined) return named;
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) ? text : null;
}

/** A question: its lines, and what an answer means; a string is what is wrong with it. */
interface Question<T> {
  readonly lines: readonly string[];
  readonly read: (answer: string) => { readonly value: T } | string;
}

/**
 * Asks what is not known yet, on stderr. Null where the input ended before the last answer.
 * @param known Answers that were given beforehand, and are not asked for.
 */
export async function askSetup(
  terminal: Pick<Terminal, 'ask' | 'err' | 'cwd'>,
  known: Partial<Setup> = {},
): Promise<Setup | null> {
  const { ask } = terminal;
  if (ask === undefined) return { ...DEFAULTS, ...known };
  const questions = {
    logs: logsQuestion(terminal.cwd),
    upstream: upstreamQuestion(),
    mode: modeQuestion(),
  } satisfies { readonly [K in keyof Setup]: Question<Setup[K]> };
  const unknown = (Object.keys(questions) as (keyof Setup)[]).filter((key) => known[key] === undefined);
  const answers: Partial<Record<keyof Setup, unknown>> = {};
  for (const [i, key] of unknown.entries()) {
    terminal.err(`\n${i + 1}/${unknown.length} ${questions[key].lines.join('\n    ')}\n`);
    const answer = await answerTo<unknown>(questions[key], terminal, ask);
    if (answer === null) return null;
    answers[key] = answer.value;
  }
  return { ...DEFAULTS, ...known, ...(answers as Partial<Setup>) };
}

async function answerTo<T>(
  { read }: Question<T>,
  { err }: Pick<Terminal, 'err'>,
  ask: NonNullable<Terminal['ask']>,
): Promise<{ readonly value: T } | null> {
  for (;;) {
    const text = await ask('  > ');
    if (text === null) return null;
    const answer = read(text.trim());
    if (typeof answer !== 'string') return answer;
    err(`    ${answer}\n`);
  }
}

function logsQuestion(cwd: string): Question<string | null> {
  return {
    lines: [
      'Where are the calls of your agents?',
      'Enter    live: they will go through the gateway, from now on',
      'a path   in log files (OpenAI, LiteLLM, Langfuse, Helicone, LangSmith, OpenTelemetry, …), to be imported',
    ],
    read: (answer) => {
      if (answer === '' || answer.toLowerCase() === 'live') return { value: null };
      const path = resolve(cwd, answer.replace(/^(['"])(.*)\1$/, '$2'));
      return existsSync(path)
        ? { value: path }
        : `There is no ${path}. Give a file or a folder, or press Enter.`;
    },
  };
}

function upstreamQuestion(): Question<string> {
  const names = Object.entries(PROVIDERS);
  return {
    lines: [
      'Which provider answers them?',
      'Enter    OpenAI; what is asked in the form of Anthropic’s API goes to Anthropic',
      ...names.map(([name, url], i) => `${String(i + 1).padEnd(9)}${name.padEnd(11)} ${url}`),
      'a URL    any other with one of these APIs, with its version path',
    ],
    read: (answer) => {
      const named =
        answer === '' ? DEFAULTS.upstream : (names[Number(answer) - 1]?.[1] ?? upstreamOf(answer));
      return named === null
        ? 'Give a number, a name of the list, or a URL like https://llm.example.com/v1.'
        : { value: named };
    },
  };
}

function modeQuestion(): Question<OfferedMode> {
  const modes = Object.entries(MODE_TEXT);
  return {
    lines: [
      'May small models that pass the proof answer calls?',
      ...modes.map(
        ([mode, text], i) =>
          `${String(i + 1).padEnd(9)}${mode.padEnd(11)} ${text}${mode === DEFAULTS.mode ? ' (Enter)' : ''}`,
      ),
    ],
    read: (answer) => {
      const named =
        answer === '' ? DEFAULTS.mode : (OFFERED_MODES[Number(answer) - 1] ?? answer.toLowerCase());
      const mode = OFFERED_MODES.find((each) => each === named);
      return mode === undefined ? `Give a number, or one of ${OFFERED_MODES.join(', ')}.` : { value: mode };
    },
  };
}

/** @throws UnderstudyError 'bad-input' for what is neither a provider's name nor a URL. */
export function requireUpstream(text: string): string {
  const url = upstreamOf(text);
  if (url !== null) return url;
  throw new UnderstudyError('bad-input', `--upstream ${text} is not the URL of a server.`, {
    hint: `Give the whole address, like https://api.openai.com/v1, or one of ${Object.keys(PROVIDERS).join(', ')}.`,
    status: 400,
  });
}
