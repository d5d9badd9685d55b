/**
 * Feedback on its way: sealed for the journal after the first stage of redaction, and for the store after the second. There
 * it lies under the key of its call's day, whenever it came, so that it is erased with the call.
 * Does not: read requests (core/feedback.ts), or write files (call-writer.ts, drain.ts).
 */
import type { EntityFinder } from '../core/entity.ts';
import {
  type CallFeedback,
  CORRECT,
  CORRECTION,
  type Feedback,
  type FeedbackContent,
} from '../core/feedback.ts';
import { newId } from '../core/ids.ts';
import type { CallStore, EventStore, SealedPart, StoredFeedback, WrappedKey } from '../core/store.ts';
import { DAY_ERASED } from './erase.ts';
import {
  entityTexts,
  namesOfEntities,
  obviousNames,
  type RedactContext,
  redactEntities,
} from './redact/redact.ts';
import { redactFeedback } from './redact/redact-call.ts';
import { textsOf } from './texts.ts';
import { type DayKeyRing, dayOf, type Sealing, type Vault } from './vault.ts';

/** Characters that redacting it has to look at. */
export function charactersOf({ content }: Feedback): number {
  return JSON.stringify(content).length;
}

/** For the journal, under the key of the day on which it came. @throws as Sealing.seal. */
export function sealFeedback(
  { id, about, content }: Feedback,
  at: number,
  sealing: Sealing,
  redact: (text: string) => string,
): StoredFeedback {
  return {
    // What a caller calls it may be anything, so it is not kept.
    id: id === null ? newId('feedback', at) : `feedback_${sealing.pseudonym(`feedback ${id}`)}`,
    at,
    callId: 'callId' in about ? about.callId : null,
    sessionId: 'session' in about ? sealing.pseudonym(`session ${about.session}`) : null,
    content: sealing.seal(dayOf(at), JSON.stringify(redactFeedback(content, redact))),
  };
}

export interface FeedbackStage {
  /**
   * Feedback for the store, with the keys that sealed it. What cannot be opened is refused; what came on a day that was
   * erased, or is about a call of one, is left out, which is as it should be. @throws as the vault, the store, the finder.
   */
  refine(given: readonly StoredFeedback[]): Promise<{
    readonly feedback: readonly StoredFeedback[];
    readonly keys: readonly WrappedKey[];
    readonly refused: number;
  }>;
}

export function feedbackStage(options: {
  readonly vault: Pick<Vault, 'ring'>;
  readonly store: Pick<EventStore, 'events'> & Pick<CallStore, 'callTimes'>;
  readonly find: (texts: readonly string[]) => ReturnType<EntityFinder['find']>;
  readonly context: RedactContext;
}): FeedbackStage {
  const { vault, store, find, context } = options;
  const isErased = async (day: string): Promise<boolean> =>
    (await store.events({ kind: DAY_ERASED, subject: day, limit: 1 })).length > 0;

  const redacted = async (content: FeedbackContent): Promise<FeedbackContent> => {
    const texts = textsOf((redact) => redactFeedback(content, redact)).map((each) => each.text);
    const plain = texts.map((text) => entityTexts(text));
    const found = await find(plain.flatMap((each) => each.texts));
    let at = 0;
    const entities = plain.map((each, i) => {
      const own = each.place(found.slice(at, at + each.texts.length));
      at += each.texts.length;
      return [...own, ...obviousNames(texts[i]!)];
    });
    const names = [...new Set(entities.flatMap((each, i) => namesOfEntities(texts[i]!, each)))];
    let text = 0;
    return redactFeedback(content, (each) => redactEntities(each, entities[text++] ?? [], names, context));
  };

  return {
    async refine(given) {
      const times = await store.callTimes(given.flatMap(({ callId }) => callId ?? []));
      const dayFor = ({ callId, content }: StoredFeedback): string => {
        const at = callId === null ? undefined : (times.get(callId) ?? timeIn(callId));
        return at === undefined ? content.day : dayOf(at);
      };
      const ring = await vault.ring(given.flatMap((each) => [each.content.day, dayFor(each)]));
      const feedback: StoredFeedback[] = [];
      let refused = 0;
      for (const each of given) {
        const text = ring.open(each.content);
        const day = await sealingDay(ring, dayFor(each), each.content.day);
        if (text !== null && day !== null) {
          const content = await redacted(JSON.parse(text) as FeedbackContent);
          feedback.push({ ...each, content: ring.seal(day, JSON.stringify(content)) });
        } else if (text === null && !(await isErased(each.content.day))) refused++;
      }
      return { feedback, keys: ring.keys, refused };
    },
  };

  /** The call's day; its own, where no call of ours can be of that day; null where that day was erased. */
  async function sealingDay(ring: DayKeyRing, callDay: string, own: string): Promise<string | null> {
    if (ring.has(callDay)) return callDay;
    return (await isErased(callDay)) || !ring.has(own) ? null : own;
  }
}

/** When a call of the gateway came, as its id tells (core/ids newId); undefined for other ids. */
function timeIn(callId: string): number | undefined {
  const time = /^call_([0-9a-f]{12})[0-9a-f]{16}$/.exec(callId)?.[1];
  const at = time === undefined ? Number.NaN : Number.parseInt(time, 16);
  // Beyond what a date can be: no id of ours.
  return at <= 8.64e15 ? at : undefined;
}

/** What feedback says of the outputs of calls, by call; of several that say the same thing the latest counts. */
export function openFeedback(
  stored: readonly StoredFeedback[],
  ring: Pick<DayKeyRing, 'open'>,
): Map<string, CallFeedback> {
  const found = new Map<string, CallFeedback>();
  for (const { callId, content } of stored) {
    const said = callId === null ? null : openContent(content, ring);
    if (callId === null || said === null) continue;
    const { name, value } = said;
    const before = found.get(callId) ?? {};
    if (name === CORRECTION && typeof value === 'object') found.set(callId, { ...before, correction: value });
    if (name === CORRECT && typeof value === 'boolean') found.set(callId, { ...before, correct: value });
  }
  return found;
}

/** Null where its day's key is gone. */
export function openContent(content: SealedPart, ring: Pick<DayKeyRing, 'open'>): FeedbackContent | null {
  const text = ring.open(content);
  return text === null ? null : (JSON.parse(text) as FeedbackContent);
}
