/**
 * The words of an application: labels that it answers again and again, values of fields that take a few (field-values.ts),
 * enum values, names of tools. Redaction takes a brand for a person, or the address of a department for a customer's; so
 * such words are noted, sealed, by call site, and put back in the place of their surrogates when calls are read (site-words.ts). A value
 * that few inputs had is nobody's vocabulary, and is never noted.
 * Does not: redact (redact/), or keep anything (the store does).
 */
import { hash } from 'node:crypto';
import { boundedCache } from '../core/bounded-cache.ts';
import type { Call, CallRequest, Message, Tool } from '../core/call.ts';
import { type FieldValues, fieldValues, stringFields } from './field-values.ts';
import { isFirstName } from './redact/name-lists.ts';
import { vocabularyOf } from './redact/redact.ts';
import { wordsIn } from './site-words.ts';
import type { Sealing } from './vault.ts';

/** Longer answers are no labels (as in cluster/kind). */
const LONGEST_LABEL = 100;
/** So many different inputs, and this share of the site's calls, make an answer a label. */
const MIN_INPUTS = 5;
const MIN_SHARE = 0.01;
/** What a site is told by: how its system prompt begins. What varies further in does not part it. */
const PROMPT_CHARACTERS = 200;
/** Bounds on what is remembered of a site: schemas and prompts that vary, answers that did not come again. */
const MAX_SOURCES = 100;
const MAX_ANSWERS = 2000;
const MAX_INPUTS = 500;
/** Words that one process notes: prompts that vary without end must not fill the store. */
const MAX_WORDS = 5000;
/** Memory of answers that have not come often enough yet. */
const COUNTED_BYTES = 8 * 1024 * 1024;

export interface VocabularyFinder {
  /** Words of the call's site that were not given before. They are, until they are said to be kept. */
  find(site: string, call: Call): readonly string[];
  /** The words are in the journal, and need not be found again. */
  kept(site: string, words: readonly string[]): void;
}

/**
 * The calls of an agent that share their words, as a keyed hash: the same beginning of the system prompt and the same tools,
 * as they came.
 */
export function siteOf(sealing: Pick<Sealing, 'pseudonym'>, request: CallRequest): string {
  const system = request.messages.find(({ role }) => role === 'system')?.content ?? '';
  const tools = request.tools.map(({ name }) => name).sort();
  // Dates and numbers do not part it.
  const beginning = system.slice(0, PROMPT_CHARACTERS).replace(/\d+/g, '0');
  return sealing.pseudonym(`site ${JSON.stringify([beginning, tools])}`);
}

/** As siteOf, once for each pair of a prompt and tools, which are the same objects with every call of an agent. */
export function siteFinder(sealing: Pick<Sealing, 'pseudonym'>): (request: CallRequest) => string {
  const before = new WeakMap<Message, { readonly tools: readonly Tool[]; readonly site: string }>();
  return (request) => {
    const { messages, tools } = request;
    const system = messages.find(({ role }) => role === 'system');
    const known = system && before.get(system);
    if (known && isSameList(known.tools, tools)) return known.site;
    const site = siteOf(sealing, request);
    if (system) before.set(system, { tools, site });
    return site;
  };
}

/** Whether two lists are the same object, or hold nothing. */
const isSameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a === b || (a.length === 0 && b.length === 0);

/** Notes words as calls come by; one for the life of a process, bounded in memory. */
export function vocabularyFinder(): VocabularyFinder {
  interface Site {
    calls: number;
    readonly inputs: Map<string, Set<string>>;
    /** Words that are kept, or need not be. */
    readonly given: Set<string>;
    /** Words that were found and are not known to be kept. */
    readonly open: Set<string>;
    /** Digests of the schemas and prompts whose words were found. */
    readonly read: Set<string>;
    readonly fields: FieldValues;
    /** What `read` was looked at for last: nearly always the same objects as now. */
    last: { readonly prompt: Message | undefined; readonly tools: readonly Tool[]; readonly format: unknown };
  }
  let noted = 0;
  const sites = boundedCache<Site>(COUNTED_BYTES, () => 2000);
  return {
    find(key, call) {
      const site = sites.get(key) ?? {
        calls: 0,
        inputs: new Map(),
        given: new Set(),
        open: new Set(),
        read: new Set(),
        fields: fieldValues(),
        last: { prompt: undefined, tools: [], format: undefined },
      };
      if (sites.get(key) === undefined) sites.set(key, site);
      site.calls++;
      const give = (word: string): void => {
        if (site.given.has(word) || site.open.has(word)) return;
        // What is written small, in one word, no redaction takes for a name.
        if (noted >= MAX_WORDS || /^[a-z][a-z_]*$/.test(word)) site.given.add(word);
        else {
          noted++;
          site.open.add(word);
        }
      };
      const { tools, responseFormat, messages } = call.request;
      const prompts = messages.filter(({ role }) => role === 'system');
      const [prompt] = prompts;
      const isAsLast =
        prompts.length === 1 &&
        prompt === site.last.prompt &&
        responseFormat === site.last.format &&
        isSameList(tools, site.last.tools);
      const source = isAsLast ? '' : digest(JSON.stringify([tools, responseFormat ?? null, prompts]));
      if (!isAsLast && !site.read.has(source)) {
        if (site.read.size >= MAX_SOURCES) site.read.clear();
        site.read.add(source);
        for (const word of vocabularyOf(call.request)) if (word.length <= LONGEST_LABEL) give(word);
      }
      if (prompts.length === 1) site.last = { prompt, tools, format: responseFormat };
      const input = digest(messages.at(-1)?.content ?? '');
      for (const { path, value } of stringFields(call.response)) {
        if (value.length > LONGEST_LABEL || value.includes('\n')) continue;
        if (site.fields.isOfFew(path, digest(value), input) && !isPerson(value)) give(value);
      }
      const label = labelOf(call);
      if (label === null || site.given.has(label) || site.open.has(label)) return [...site.open];
      const answer = digest(label);
      const inputs = site.inputs.get(answer) ?? new Set();
      site.inputs.set(answer, inputs);
      if (inputs.size < MAX_INPUTS) inputs.add(input);
      if (inputs.size >= MIN_INPUTS && inputs.size >= MIN_SHARE * site.calls) {
        site.inputs.delete(answer);
        give(label);
      } else if (site.inputs.size > MAX_ANSWERS) site.inputs.clear();
      return [...site.open];
    },
    kept(key, words) {
      const site = sites.get(key);
      for (const word of words) if (site?.open.delete(word)) site.given.add(word);
    },
  };
}

/** The whole answer where it may be a label: one short line. */
function labelOf({ response }: Call): string | null {
  const { content = '', toolCalls = [] } = response?.message ?? {};
  const label = content.trim();
  const plain = toolCalls.length === 0 && label !== '' && label.length <= LONGEST_LABEL;
  return plain && !/[\n{}[\]]/.test(label) ? label : null;
}

function digest(text: string): string {
  return hash('sha256', text, 'base64').slice(0, 16);
}

/** Whether a value of a field reads as a person's name: all its words as names are written, one of them a first name. */
function isPerson(value: string): boolean {
  const words = wordsIn(value);
  return (
    words.some(isFirstName) && words.every((word) => /^\p{Lu}|^(?:van|von|de|der|da|di|la)$/u.test(word))
  );
}
