/**
 * Makes the parts of docs/ that come from the code: the CLI reference from commander's help, the configuration from
 * the zod schema (as a page and as JSON Schema), the store's schema from its migrations.
 * `node scripts/docs.ts` writes them; with --check it writes nothing and fails where one is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { buildProgram } from '../src/commands/program.ts';
import { configSchema } from '../src/core/config.ts';
import { isObject, type Json, type JsonObject } from '../src/core/json.ts';
import { MIGRATIONS } from '../src/store/sqlite/schema.ts';

const DOCS = join(import.meta.dirname, '..', 'docs');
const MADE = '<!-- Made by scripts/docs.ts (npm run docs). Change the code, not this page. -->';

const pages: Readonly<Record<string, string>> = {
  'cli.md': cliPage(),
  'configuration.md': configurationPage(),
  'understudy.schema.json': `${JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }), null, 2)}\n`,
  'schema.md': schemaPage(),
};

const check = process.argv.includes('--check');
const stale = Object.entries(pages).filter(([name, text]) => {
  const path = join(DOCS, name);
  return !existsSync(path) || readFileSync(path, 'utf8') !== text;
});
for (const [name, text] of stale) {
  if (check) console.error(`docs/${name} is stale: run npm run docs and commit it.`);
  else {
    writeFileSync(join(DOCS, name), text);
    console.log(`docs/${name} written.`);
  }
}
if (check && stale.length > 0) process.exitCode = 1;

function cliPage(): string {
  let text = '';
  const program = buildProgram({
    out: (part) => {
      text += part;
    },
    err: () => {},
    interactive: false,
    color: false,
    width: 100,
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
  });
  const help = (command: typeof program): string => {
    text = '';
    command.outputHelp();
    return ['```', text.trim(), '```'].join('\n');
  };
  const sections = program.commands.map((command) => `## ${command.name()}\n\n${help(command)}`);
  return `${[
    MADE,
    '# Command line',
    'Results go to stdout, everything else (progress, notes, errors) to stderr. From a clone, run it as `npm run understudy -- COMMAND`.',
    help(program),
    ...sections,
  ].join('\n\n')}\n`;
}

function configurationPage(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input' }) as unknown as Json;
  const rows: string[] = [];
  settings(schema, '', rows);
  return `${MADE}

# Configuration

Everything has a default; a file is needed only for what you change. Understudy reads \`understudy.yaml\` in the folder
it is started in, or the file given with \`--config\`. \`\${NAME}\` is filled in from the environment; a name that is not
set is an error. \`understudy validate\` checks the file and prints it with its defaults.

\`\`\`yaml
# yaml-language-server: $schema=./docs/understudy.schema.json
upstream:
  baseUrl: \${LLM_BASE_URL}
gate:
  epsilon: 0.01 # at most 1 % errors among the calls taken over
train:
  hosted: # fine-tuning at a provider; leave it out to keep everything on this machine
    baseUrl: https://api.example.com/v1
    model: small-model
    apiKey: \${PROVIDER_KEY}
prices:
  my-model: # dollars per token, by the names of LiteLLM's table
    input_cost_per_token: 0.000002
    output_cost_per_token: 0.000008
\`\`\`

| setting | default | what it does |
|---|---|---|
${rows.join('\n')}

Two things are set in the environment alone: \`UNDERSTUDY_WEIGHTS\` names a folder that is searched for weights first
and never written to, and \`UNDERSTUDY_MASTER_KEY\` gives the master key (32 bytes in base64), which otherwise stands in a file of the data
folder.
`;
}

/** A row for every setting at or below this part of the schema. */
function settings(part: Json, path: string, rows: string[]): void {
  if (!isObject(part)) return;
  if (isObject(part.properties) && part.description === undefined) {
    for (const [name, child] of Object.entries(part.properties)) {
      settings(child, path === '' ? name : `${path}.${name}`, rows);
    }
    return;
  }
  const value = part.default;
  const shown = value === undefined || isObject(value) ? '' : `\`${String(value)}\``;
  const limits = rangeText(part);
  rows.push(`| \`${path}\` | ${shown} | ${String(part.description ?? '')}${limits} |`);
}

function rangeText(part: JsonObject): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = part;
  const bounded = (n: Json | undefined): n is number => typeof n === 'number' && Math.abs(n) < 2 ** 53 - 1;
  const words = [
    bounded(minimum) ? `at least ${minimum}` : bounded(exclusiveMinimum) ? `above ${exclusiveMinimum}` : '',
    bounded(maximum) ? `at most ${maximum}` : bounded(exclusiveMaximum) ? `below ${exclusiveMaximum}` : '',
  ].filter((word) => word !== '');
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function schemaPage(): string {
  return `${MADE}

# The store's schema (SQLite)

What callers wrote stands in \`parts\`, and what was learnt from it in the columns named \`sealed\`, all of them sealed with
AES-256-GCM. In the open are times, counts, states and ids; sessions and senders are keyed pseudonyms.
Each block is a migration, applied in order; \`PRAGMA user_version\` says how many have been.

${MIGRATIONS.map(({ sql }) => `\`\`\`sql\n${sql.trim()}\n\`\`\``).join('\n\n')}
`;
}
