/** Templates filled with values: texts, and where in them personal data stands. The same seed gives the same texts. */
import type { EntityKind } from '../../src/core/entity.ts';
import { seededRandom } from '../../src/core/random.ts';
import { MORE } from './more-templates.ts';
import { LANGUAGES, type Language } from './names.ts';
import { TEMPLATES } from './templates.ts';
import { makeValue, type Slot, type Split } from './values.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
  /** `other`: known to a generator and not counted, whether it is found or not (towns, dates, companies). */
  readonly kind: EntityKind | 'other';
}

export interface Sample {
  readonly text: string;
  readonly spans: readonly Span[];
  readonly language: Language;
  /** Whose texts they are. */
  readonly set: string;
}

/** Share of texts that are written without capitals, as chat is. */
const LOWER_CASE = 0.06;

/** @param rounds How often each template is filled, in each language. */
export function makeCorpus(split: Split, rounds: number, seed: number): readonly Sample[] {
  const random = seededRandom(seed);
  const samples: Sample[] = [];
  for (const language of LANGUAGES)
    for (const template of [...templates(language, split), ...templates('data', split)])
      for (let i = 0; i < rounds; i++) {
        const sample = fill(template, { random, language, split });
        const chatty = random.next() < LOWER_CASE && !templates('data', split).includes(template);
        samples.push(chatty ? inLowerCase(sample) : sample);
      }
  return samples;
}

const templates = (of: Language | 'data', split: Split): readonly string[] =>
  split === 'dev' ? [...TEMPLATES[of].dev, ...MORE[of]] : TEMPLATES[of].test;

function inLowerCase(sample: Sample): Sample {
  const text = sample.text.toLowerCase();
  return text.length === sample.text.length ? { ...sample, text } : sample;
}

function fill(template: string, source: Parameters<typeof makeValue>[1]): Sample {
  const spans: Span[] = [];
  let text = '';
  for (const [i, part] of template.split(/\{\{(=?[a-z-]+)\}\}/).entries()) {
    if (i % 2 === 0) {
      text += part;
      continue;
    }
    const slot = part as Slot;
    const value = makeValue(slot, source);
    const start = text.length;
    text += value;
    if (slot === 'given' || slot === 'surname') spans.push({ start, end: text.length, kind: 'person' });
    else if (slot === 'place' || slot === 'organisation')
      spans.push({ start, end: text.length, kind: 'other' });
    else if (!slot.startsWith('=')) spans.push({ start, end: text.length, kind: slot as EntityKind });
  }
  return { text, spans, language: source.language, set: 'ours' };
}
