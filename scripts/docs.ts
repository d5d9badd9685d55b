/**
 * Makes the parts of docs/ that come from the code: the CLI reference from commander's help, the configuration from
 * the zod schema (as a page and as JSON Schema), the admin API's description from its routes, the store's schema from its
 * migrations, equality from its tests' table, and llms.txt, which tells language models what pages there are, from their
 * titles and first sentences.
 * `node scripts/docs.ts` writes them; with --check it writes nothing and fails where one is stale.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { openApiDocument } from '../src/api/app.ts';
import { buildProgram } from '../src/commands/program.ts';
import { configSchema } from '../src/core/config.ts';
import { isObject, type Json, type JsonObject } from '../src/core/json.ts';
import { useOf } from '../src/models/weights/abilities.ts';
import { CATALOGUE } from '../src/models/weights/catalogue.ts';
import type { CatalogueEntry } from '../src/models/weights/entry.ts';
import { licenceTerms } from '../src/models/weights/licences.ts';
import { estimatedMemory, SHOWN_QUANTISATIONS } from '../src/models/weights/quantisation.ts';
import { parametersText } from '../src/report/models.ts';
import { bytes } from '../src/report/words.ts';
import { MIGRATIONS } from '../src/store/sqlite/schema.ts';
import { EQUALITY_TABLE, type EqualityPair } from '../test/support/equality-table.ts';

const DOCS = join(import.meta.dirname, '..', 'docs');
const MADE = '<!-- Made by scripts/docs.ts (npm run docs). Change the code, not this page. -->';

const pages: Readonly<Record<string, string>> = {
  'cli.md': cliPage(),
  'configuration.md': configurationPage(),
  'understudy.schema.json': `${JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }), null, 2)}\n`,
  'openapi.json': `${JSON.stringify(openApiDocument(), null, 2)}\n`,
  'schema.md': schemaPage(),
  'equality.md': equalityPage(),
  'base-models.md': baseModelsPage(),
};
// Last, as it is about the others.
const all: Readonly<Record<string, string>> = { ...pages, 'llms.txt': llmsPage(pages) };

const check = process.argv.includes('--check');
const stale = Object.entries(all).filter(([name, text]) => {
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
  const sections = program.commands.flatMap((command) => [
    `## ${command.name()}\n\n${help(command)}`,
    ...command.commands.map((each) => `### ${command.name()} ${each.name()}\n\n${help(each)}`),
  ]);
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
equality: # which fields may differ from the LLM's answer; see equality.md
  refund.note: ignore
  refund.amount: { absolute: 0.01 }
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

Some things are set in the environment alone: \`UNDERSTUDY_WEIGHTS\` names a folder that is searched for weights first
and never written to. \`UNDERSTUDY_MASTER_KEY\` gives the master key (32 bytes in base64); else the output of \`UNDERSTUDY_MASTER_KEY_COMMAND\`, which may
ask a key management service; else the file \`UNDERSTUDY_MASTER_KEY_FILE\`; else \`master.key\` in the data folder, which is made where it is missing.
For models of the hub the variables of its own tools count (\`HF_TOKEN\`, \`HF_ENDPOINT\`, \`HF_HOME\`, \`HF_HUB_CACHE\`,
\`HF_HUB_OFFLINE\`), and \`HTTPS_PROXY\` and \`NO_PROXY\`; see [base models](base-models.md).
\`OTEL_EXPORTER_OTLP_ENDPOINT\` and its like say where traces go ([observing](observing.md)).
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

/** As https://llmstxt.org has it: what this is, then each page in the README's order, those that it leaves out at the end. */
function llmsPage(made: Readonly<Record<string, string>>): string {
  const readme = readFileSync(join(DOCS, '..', 'README.md'), 'utf8');
  const { title, first } = summaryOf(readme);
  const section = readme.slice(readme.indexOf('\n## Documentation'));
  const listed = [...section.matchAll(/\]\(docs\/([\w-]+\.md)\)/g)].map(([, name = '']) => name);
  const there = readdirSync(DOCS).filter((name) => name.endsWith('.md'));
  const lines = [...new Set([...listed, ...there.sort()])].map((name) => {
    const page = summaryOf(made[name] ?? readFileSync(join(DOCS, name), 'utf8'));
    return `- [${page.title}](${name})${page.first === '' ? '' : `: ${page.first}`}`;
  });
  return `# ${title}\n\n> ${first}\n\nEach page is Markdown, and stands by itself.\n\n## Pages\n\n${lines.join('\n')}\n`;
}

/** A page's title, and the first sentence of its first paragraph of prose; '' where it has none. */
function summaryOf(page: string): { readonly title: string; readonly first: string } {
  const paragraphs = page.replace(/^```[\s\S]*?^```$/gm, '').split(/\n{2,}/);
  const prose =
    paragraphs.find((text) => /^[\p{L}\d`*[]/u.test(text.trim()) && !/^(\d+\.|\*) /.test(text.trim())) ?? '';
  const plain = prose
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return {
    title: page.match(/^# (.+)$/m)?.[1] ?? '',
    first: plain.match(/^.*?[.:](?= [\p{Lu}`]|$)/u)?.[0].replace(/:$/, '.') ?? plain,
  };
}

/** The page as it stands, with what lies between its marks made anew. */
function baseModelsPage(): string {
  const [begin, end] = ['<!-- catalogue: made by scripts/docs.ts -->', '<!-- /catalogue -->'];
  const page = readFileSync(join(DOCS, 'base-models.md'), 'utf8');
  const [before = '', rest = ''] = page.split(begin);
  const [, after = ''] = rest.split(end);
  return `${before}${begin}\n\n${catalogueTables()}\n\n${end}${after}`;
}

function catalogueTables(): string {
  const use = (entry: CatalogueEntry): string => {
    const { trained, served } = useOf(entry, Number.POSITIVE_INFINITY);
    return entry.kind === 'classifier'
      ? 'redaction'
      : trained
        ? 'train, serve'
        : served
          ? 'serve'
          : 'neither';
  };
  const languages = ({ languages: codes }: CatalogueEntry): string =>
    codes.includes('mul') ? 'over 100' : codes.length === 0 ? 'not stated' : codes.join(' ');
  const memory = (entry: CatalogueEntry): string =>
    entry.kind === 'language'
      ? SHOWN_QUANTISATIONS.map((each) => bytes(estimatedMemory(entry.parameters, each))).join(' / ')
      : bytes(entry.memory.bytes);
  const rows = CATALOGUE.map(
    (entry) =>
      `| \`${entry.name}\` | ${parametersText(entry.parameters)} | ${entry.license.replace('LicenseRef-', '')} | ${entry.context} | ${languages(entry)} | ${entry.toolFormat ?? (entry.tools === 'none' ? 'none' : 'not stated')} | ${entry.quantisation ?? 'float32'} | ${memory(entry)} | ${use(entry)} |`,
  );
  const scores = CATALOGUE.flatMap(({ name, benchmarks }) =>
    benchmarks.map(
      (each) => `| \`${name}\` | ${each.name} | ${each.score} | ${each.source} | ${each.date} |`,
    ),
  );
  const licences = [...new Set(CATALOGUE.map(({ license }) => license))].flatMap((license) => {
    const terms = licenceTerms(license);
    return terms === null ? [] : [`| ${terms.name} | ${terms.commercial} | ${terms.obligations} |`];
  });
  return `| model | parameters | licence | context | languages | tool calls | fetched as | memory served, Q4_K_M / Q8_0 / F16 | here it can |
|---|---:|---|---:|---|---|---|---|---|
${rows.join('\n')}

| licence | commercial use | obligations |
|---|---|---|
${licences.join('\n')}

| model | published score | per cent | source | date |
|---|---|---:|---|---|
${scores.join('\n')}`;
}

function equalityPage(): string {
  const verdict = ({ verdict }: EqualityPair): string =>
    verdict === null ? 'undecided' : verdict ? 'equal' : '**different**';
  const cell = (text: string): string =>
    text === '' ? '' : `\`${text.replace(/[\n]/g, '⏎').replaceAll('|', '\\|')}\``;
  // Two Unicode forms look the same on a page.
  const shown = (text: string): string =>
    cell(
      /\p{M}/u.test(text)
        ? text.replace(/\p{M}/gu, (mark) => `\\u${mark.codePointAt(0)?.toString(16).padStart(4, '0')}`)
        : text,
    );
  const sections = EQUALITY_TABLE.map(
    ({ title, pairs }) => `### ${title}

| the LLM's answer | the specialist's | given | verdict | because |
|---|---|---|---|---|
${pairs
  .map(
    (pair) =>
      `| ${shown(pair.expected)} | ${shown(pair.actual)} | ${cell(pair.given)} | ${verdict(pair)} | ${pair.why} |`,
  )
  .join('\n')}`,
  );
  return `${MADE}

# When two answers are equal

One comparison decides what an error is: in the competition of candidates, before the gate, in the exam, in audits, and
among answers that the LLM is asked for again (\`src/core/compare.ts\`). It is exact where a difference could matter to
the agent, and lenient only where something says that it cannot:

- **JSON**: the order of keys, the white space between tokens, and how a number or a character is written (\`1\`, \`1.0\`
  and \`1e0\`; \`A\` and \`\\u0041\`). Numbers are compared by their digits, beyond what a double holds, too.
- **The schema** of the response format or of the tool: numbers and truth values written as text where it allows no text; an
  optional property that is null or absent, or that has its default; instants of \`format: date-time\` and \`time\`. It is
  read through \`$ref\`, \`allOf\`, \`anyOf\` and \`oneOf\`. Without a schema, or where a schema cannot be read whole, nothing of
  this is lenient. So it is in tasks whose tools or schemas change from call to call.
- **Texts**: white space around them (but for the indentation of the first line), and their Unicode form (NFC and NFD).
  In answers that are texts also line endings, and how JSON is laid out where a format says that it stands: in a \`\`\`json
  fence, alone within an XML tag, after \`Action Input:\`. So a tool call that is written as text is compared as one.
- **Labels**: a spelling of exactly one label of the task is that label, and is served in the task's own spelling.
- **Policies** of your own, below.

Case, punctuation, neighbouring numbers and required nulls always count. Ids of tool calls never do. Equality has no
direction: the same verdict comes out whichever answer is the LLM's.

## Policies

\`equality\` in the [configuration](configuration.md) says which fields may differ, by path: \`tool.field.sub\`, items of a
list as \`tool.list[]\` or \`tool.list[].field\`, any name as \`*\`, names with dots in double quotes. Answers that are no tool
calls begin with \`answer\`, or with the name of their response format.

\`\`\`yaml
equality:
  refund.note: ignore
  refund.amount: { absolute: 0.01 }
  search.query: case-insensitive
  search.filters: set
  search: set
  answer.summary: text
\`\`\`

| policy | what it allows |
|---|---|
| \`ignore\` | any value, or none |
| \`case-insensitive\` | other case, in all texts at or below the path |
| \`set\` | another order of a list, and repeats in it; on a tool, another order of its calls in one answer, whose number still counts |
| \`{ absolute: 0.01 }\` | numbers that differ by at most as much |
| \`{ relative: 0.01 }\` | numbers that differ by at most this share of the larger |
| \`text\` | texts. Fields that differ are undecided, which counts as wrong: the errors of a [judge](judge.md) are known for whole answers alone, and it is not asked about single fields (below) |
| \`exact\` | nothing: the white space around texts and their Unicode form count, too |

A judge of single fields is left out, because its claim would not hold. What is proved by a judge
([judged text](proof.md#judged-text)) tests for ε · *s*, and *s* is the share of worse answers that it finds, measured on spoilt answers
of the task, by the kind of answer for which it finds least. A field is another text than a reply, often short and read with the
fields around it, so its *s* would have to be measured on spoilt values of that very field, and the worst of all fields would count: at
least ten known pairs of each kind for each path, or the bound would rest on the errors of other texts.

A policy holds for all that is inside its field, unless a longer path says otherwise; \`set\` and \`ignore\` hold for the field
itself. A change of policies changes what is proved: specialists that were proved before keep their evidence until they
are proved anew.

## Pairs

Each row is a test. \`undecided\`: only a judge can tell.

${sections.join('\n\n')}
`;
}
