/** Names for people: what the prompt asks for, in its own words; else the response format's or the tools' names. */
import type { OutputKind } from '../core/answer.ts';
import type { JsonObject } from '../core/json.ts';
import { isObject } from '../core/json.ts';
import type { CallSite } from '../core/task.ts';
import { shortTaskName } from '../core/task-name.ts';

/** Words of nearly every prompt, which tell nothing apart. */
const COMMON = new Set(
  `a about act acting again agent ai all always an and answer any are as assistant at be below but by can careful
  current date do does each english every exactly expert following for from given good has have helpful here highly
  how i if in instructions into is it its job kind kindly language like main make may me model must my need never no
  not now of on one only or other our output please polite prompt provide reply respond response return role
  should skilled so some such system task team text that the their them then there these they this to today tool
  tools us use user want was we what when where which who will with without work works would write you your yes`.split(
    /\s+/,
  ),
);
const WORDS = 4;

export interface Named {
  readonly site: CallSite;
  readonly kind: OutputKind;
  readonly responseFormat: JsonObject | null;
  /** Calls of several sites. */
  readonly pooled: boolean;
}

/** A name that is not among `taken`. */
export function nameOf(task: Named, taken: ReadonlySet<string>): string {
  const after = task.site.turn === 'user' || task.pooled ? '' : ` after ${task.site.turn.slice(5)}`;
  const base = `${baseName(task)}${after}`;
  for (let i = 1; ; i++) {
    const name = shortTaskName(base, i === 1 ? '' : ` ${i}`);
    if (!taken.has(name)) return name;
  }
}

function baseName({ site, kind, responseFormat, pooled }: Named): string {
  const schema = responseFormat?.json_schema;
  if (isObject(schema) && typeof schema.name === 'string') return `json ${schema.name}`;
  const prompt = [...(site.system?.pieces ?? []), ...site.user.pieces].join(' ');
  const words = salient(prompt);
  if (words.length >= 2) return words.join('-');
  if (site.toolNames[0] === '*') return 'mixed tools';
  if (site.toolNames.length > 0) return `tools ${site.toolNames.slice(0, 2).join(' ')}`;
  if (words.length === 1) return `${kind} ${words[0]}`;
  return pooled ? `mixed ${kind}` : `${kind} without-prompt`;
}

/** The first few telling words of a prompt; one sentence is enough if it has two. */
function salient(prompt: string): string[] {
  const out: string[] = [];
  for (const sentence of prompt.split(/[.!?\n]+/)) {
    for (const word of sentence.toLowerCase().match(/\p{L}[\p{L}-]+/gu) ?? []) {
      if (out.length < WORDS && !COMMON.has(word) && !out.includes(word)) out.push(word);
    }
    if (out.length >= 2) break;
  }
  return out;
}
