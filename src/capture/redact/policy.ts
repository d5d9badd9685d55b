/** What is redacted, as configured: kinds on or off, values to keep, own recognisers. */
import type { Config } from '../../core/config.ts';
import { ENTITY_KINDS, type EntityKind } from '../../core/entity.ts';
import { UnderstudyError } from '../../core/errors.ts';
import { alike, type Match, type Recogniser } from './match.ts';
import { flawOf } from './own-patterns.ts';

export interface RedactionPolicy {
  readonly kinds: ReadonlySet<EntityKind>;
  readonly keep: ReadonlySet<string>;
  /** Recognisers of the configuration; they come before the built-in ones. */
  readonly own: readonly Recogniser[];
  /** Whether the token classifier is asked. */
  readonly finder: boolean;
}

/** Kinds that are redacted only where the configuration says so. */
const ON_REQUEST: ReadonlySet<EntityKind> = new Set(['organisation']);

/** @throws UnderstudyError 'bad-config' where a recogniser's pattern is none, or could take very long. */
export function compilePolicy(config: Partial<Config['redaction']>): RedactionPolicy {
  return {
    kinds: new Set(ENTITY_KINDS.filter((kind) => config.kinds?.[kind] ?? !ON_REQUEST.has(kind))),
    keep: new Set(config.keep ?? []),
    own: (config.recognisers ?? []).map(ownRecogniser),
    finder: config.finder !== 'off',
  };
}

type OwnRecogniser = NonNullable<Config['redaction']['recognisers']>[number];

/** Matches are looked for in windows that overlap, so that the time per character is bounded. */
const WINDOW = 4096;
const MAX_LENGTH = 512;

function ownRecogniser({ name, pattern, kind }: OwnRecogniser): Recogniser {
  const flaw = flawOf(pattern);
  if (flaw !== null) {
    throw new UnderstudyError('bad-config', `redaction.recognisers: the pattern of "${name}" ${flaw}.`, {
      hint: 'Write a pattern without back-references, without a quantifier inside a quantified group, and with a character between two quantifiers that the first cannot match.',
    });
  }
  const compiled = new RegExp(pattern, 'gu');
  return (scan) => {
    const { text } = scan;
    const found: Match[] = [];
    for (let from = 0; from < text.length; from += WINDOW) {
      const begin = Math.max(0, from - MAX_LENGTH);
      const window = text.slice(begin, from + WINDOW + MAX_LENGTH);
      scan.steps += window.length;
      for (const match of window.matchAll(compiled)) {
        const start = begin + match.index;
        // What begins in another window is found there.
        if (start < from || start >= from + WINDOW || match[0] === '') continue;
        if (start >= (found.at(-1)?.end ?? 0)) found.push(alike(scan, kind, start, start + match[0].length));
      }
    }
    return found;
  };
}
