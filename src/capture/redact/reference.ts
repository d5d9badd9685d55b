/** Numbers of things: orders, parcels, articles. They look like cards and phones and are told by the word before them. */
import { CUE } from './cues.ts';
import { cueBefore, type Scan } from './scan.ts';

/** Between the word and the number: filler alone. */
const GAP =
  /^(?:[\s._:#"'=([*`-]|code|no|nr|number|nummer|num|id|ids|is|was|are|n[°º]|numéro|numero|número){0,8}$/iu;
const MARKED = /#|(?<!\p{L})(?:no|nr|number|nummer|num|id|code|n[°º]|numéro|numero|número)(?!\p{L})/iu;
/** "just in case: 07700 …", "thanks a lot", "for my part", "in this case". */
const IDIOM = /(?:\bin|\bin (?:this|that|any|either|which|every|your|my)|\ba|\bmy|\bof|\btake)\s{1,3}$/i;

/**
 * Whether the words right before `start` say that the number of a thing follows.
 * @param certain The number's own check says that it is something else: then common words ("part", "case") count only
 * with "no.", "#" or the like.
 */
export function isReference(scan: Scan, start: number, certain: boolean): boolean {
  const { text } = scan;
  if (text[start - 1] === '#') return true;
  const cue = cueBefore(scan, start, CUE.reference | CUE.weakReference, 32);
  if (cue === undefined) return false;
  const gap = text.slice(cue.end, start);
  if (!GAP.test(gap)) return false;
  if ((cue.cue.families & CUE.reference) !== 0) return true;
  if (IDIOM.test(text.slice(Math.max(0, cue.start - 12), cue.start))) return false;
  return !certain || MARKED.test(gap);
}
