/**
 * The second stage of redaction: the journal's parts are opened, people and places found in them by a model, replaced, and
 * the parts sealed again for the store. Each part is looked at once, however many calls hold it.
 * Does not: run on the event loop of the gateway (the drain is a process of its own), or read and write files (drain.ts).
 */

import { boundedCache } from '../core/bounded-cache.ts';
import type { CallRequest, CallResponse, Message } from '../core/call.ts';
import type { Entity, EntityFinder } from '../core/entity.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { CallStore, EventStore, SealedPart, StoredCall, WrappedKey } from '../core/store.ts';
import { DAY_ERASED } from './erase.ts';
import { type FeedbackStage, feedbackStage } from './feedback.ts';
import { findEntities } from './find-entities.ts';
import type { JournalCall } from './frames.ts';
import {
  daysOf,
  type Found,
  idsOf,
  kindAt,
  type Names,
  type Opened,
  once,
  redactedPart,
  requestOf,
  sharedNames,
  walkedTexts,
  wordsOf,
} from './opened-parts.ts';
import type { CallAbout, PartKind } from './parts.ts';
import {
  namesOfEntities,
  obviousNames,
  type RedactContext,
  redactEntities,
  redactText,
} from './redact/redact.ts';
import { withSafeAlternatives } from './redact/redact-call.ts';
import { agreeing, type TakenWord } from './same-words.ts';
import { upgradedCall } from './upgrade.ts';
import { type DayKeyRing, dayOf, type Vault } from './vault.ts';

export interface SecondStage {
  /**
   * Calls for the store, with the parts they hold and the keys that sealed them. Those that lack a part, or whose part
   * cannot be opened, are refused; those of a day that was erased are left out, which is as it should be. Calls of an
   * older journal are brought up to date on the way.
   * @param parts Sealed by the recorder, by id. @throws as the vault and the store.
   */
  refine(
    calls: readonly JournalCall[],
    parts: ReadonlyMap<string, SealedPart>,
  ): Promise<{
    readonly calls: readonly StoredCall[];
    readonly parts: readonly SealedPart[];
    readonly keys: readonly WrappedKey[];
    readonly refused: number;
  }>;
  /** As FeedbackStage.refine. */
  readonly refineFeedback: FeedbackStage['refine'];
}

export interface SecondStageOptions {
  readonly vault: Vault;
  readonly store: Pick<CallStore, 'addVocabulary' | 'callTimes'> & Pick<EventStore, 'events'>;
  /** Null where the model's weights cannot be had: names in obvious positions alone. */
  readonly finder: EntityFinder | null;
  readonly context: RedactContext;
}

interface HeldCall {
  readonly call: StoredCall;
  /** In the order of idsOf. */
  readonly held: readonly Opened[];
}

const REMEMBERED_BYTES = 32 * 1024 * 1024;

export function secondStage({ vault, store, finder, context }: SecondStageOptions): SecondStage {
  const foundBefore = boundedCache<Found>(
    REMEMBERED_BYTES,
    ({ entities, taken }) => 2000 + 60 * (entities.length + taken.length),
  );
  const sealedBefore = boundedCache<SealedPart>(REMEMBERED_BYTES, (part) => part.sealed.length + 300);

  const namesIn = sharedNames();

  const read = async (texts: readonly string[]): Promise<readonly (readonly Entity[])[]> => {
    if (finder === null || texts.length === 0) return texts.map(() => []);
    try {
      return await finder.find(texts);
    } catch (cause) {
      throw new UnderstudyError('unavailable', 'The model that finds people failed.', {
        hint: 'Calls wait in the journal and are tried again; `understudy doctor` checks the weights.',
        cause,
      });
    }
  };

  /** Looks through each part, once. @throws UnderstudyError 'unavailable' where the model fails: try again. */
  const look = async (opened: Iterable<Opened>): Promise<void> => {
    const fresh: Opened[] = [];
    for (const each of opened) {
      const known = foundBefore.get(each.part.id);
      if (known) each.found = known;
      else fresh.push(each);
    }
    const texts = fresh.map(walkedTexts);
    const inAll = await findEntities(texts.flat(), read);
    let at = 0;
    fresh.forEach((each, i) => {
      const { part, kind } = each;
      const entities = inAll.slice(at, at + texts[i]!.length);
      at += entities.length;
      const names = entities.flatMap((found, j) => namesOfEntities(texts[i]![j]!.text, found));
      // Names in the agent's own words are not hunted for in the conversation.
      const spoken =
        kind === 'response' || (kind === 'message' && (each.value() as Message).role !== 'system');
      const found: Found = {
        entities,
        names: spoken ? [...new Set(names)] : [],
        taken: entities.flatMap((found, j) =>
          found.map(({ kind: of, start, end }) => ({ kind: of, text: texts[i]![j]!.text.slice(start, end) })),
        ),
        texts: kind === 'response' ? texts[i]!.map(({ text }) => text) : [],
        about: kind === 'about' ? (each.value() as CallAbout) : null,
        words: null,
      };
      foundBefore.set(part.id, found);
      each.found = found;
    });
  };

  /** The part for the store: its entities replaced, and the call's names. */
  const reseal = (each: Opened, found: Found, names: Names, ring: DayKeyRing): SealedPart => {
    const { kind, part, isAsSealed } = each;
    if (names.all.length > 0) found.words ??= wordsOf(each);
    const relevant = namesIn.of(
      names.all.filter((_, i) => names.words[i]!.some((word) => found.words?.has(word))),
    ).all;
    const isKept = isAsSealed && relevant.length === 0 && found.entities.every(({ length }) => length === 0);
    // What stays as it is need not be sealed again.
    if (isKept && (found.about?.vocabulary ?? []).length === 0) return part;
    const places =
      kind === 'response' ? found.entities.flat().map(({ start, end }) => `${start}-${end}`) : [];
    const id = `${part.id} ${places.join(' ')} ${relevant.join('\0')}`;
    const before = sealedBefore.get(id);
    if (before) return before;
    let text = 0;
    const replaced = redactedPart(kind, each.value(), (own) =>
      redactEntities(own, found.entities[text++] ?? [], relevant, context),
    );
    const sealed = ring.seal(part.day, JSON.stringify(replaced));
    sealedBefore.set(id, sealed);
    return sealed;
  };
  const resealOnce = (each: Opened, names: Names, ring: DayKeyRing): SealedPart => {
    if (each.last?.names === names) return each.last.part;
    const part = reseal(each, each.found!, names, ring);
    each.last = { names, part };
    return part;
  };

  return {
    refineFeedback: feedbackStage({ vault, store, find: read, context }).refine,
    async refine(given, parts) {
      const ring = await vault.ring(daysOf(given, parts));
      const sealing = { seal: ring.seal, pseudonym: vault.pseudonym };
      const opened = new Map<string, Opened>();
      /** Parts that the recognisers of today have not seen. */
      const old = new Map<string, SealedPart | undefined>();
      const open = (id: string, kind: PartKind): Opened | null => {
        const part = old.get(id) ?? parts.get(id);
        if (!part || !ring.has(part.day)) return null;
        const isAsSealed = !old.has(id);
        // What was looked through before is opened if it has to be changed.
        if (isAsSealed && foundBefore.get(id))
          return { kind, part, isAsSealed, value: once(() => openedAgain(ring, part)) };
        const text = ring.open(part);
        if (text === null) return null;
        const sealed = JSON.parse(text);
        const value = isAsSealed ? sealed : redactedPart(kind, sealed, (each) => redactText(each, context));
        return { kind, part, isAsSealed, value: () => value };
      };
      /** The call's parts, opened; null where one is missing or cannot be read. */
      const held = (call: StoredCall): Opened[] | null => {
        // Settings and tools are always there.
        if (call.requestParts.length < 2) return null;
        const all: Opened[] = [];
        for (const id of idsOf(call)) {
          let each = opened.get(id) ?? null;
          if (each === null) {
            each = open(id, kindAt(call, all.length));
            if (each === null) return null;
            opened.set(id, each);
          }
          all.push(each);
        }
        return all;
      };
      const whole: HeldCall[] = [];
      const unread: JournalCall[] = [];
      const take = (call: StoredCall): void => {
        const all = held(call);
        if (all === null) unread.push(call);
        else whole.push({ call, held: all });
      };
      for (const call of given) {
        if ('aboutPart' in call) take(call);
        else if (!ring.has(dayOf(call.at))) unread.push(call);
        else {
          const upgraded = upgradedCall(call, sealing);
          for (const id of idsOf(upgraded.call)) old.set(id, parts.get(id));
          old.set(upgraded.about.id, upgraded.about);
          take(upgraded.call);
        }
      }
      const refused = await countNotErased(unread);
      await look(opened.values());
      /** What was found in a response, as its call's messages have it. */
      const agreeingWith = (
        held: readonly Opened[],
        { found }: Opened,
        request: () => CallRequest,
        names: readonly string[],
      ): Found => {
        const own = found!;
        const taken: TakenWord[] = [];
        for (const one of held) if (one.kind === 'message') taken.push(...one.found!.taken);
        if (taken.length === 0 && own.taken.length === 0) return own;
        const said = once(() =>
          request()
            .messages.map(
              ({ content, toolCalls = [] }) => content + toolCalls.map((call) => call.arguments).join('\n'),
            )
            .join('\n'),
        );
        const isReplaced = (word: string): boolean => redactEntities(word, [], names, context) !== word;
        const entities = own.texts.map((text, i) =>
          agreeing(text, own.entities[i] ?? [], said, taken, isReplaced),
        );
        return { ...own, entities };
      };
      const resealed = new Map<string, SealedPart>();
      const words = new Map<string, Set<string>>();
      const refined = whole.map(({ call, held }) => {
        const names = namesIn.parts(held);
        const request = once(() => requestOf(call, held));
        const taken = (): string[] => [
          ...new Set(held.flatMap(({ found }) => found!.taken.map(({ text }) => text))),
        ];
        const ids: string[] = [];
        for (const each of held) {
          const sealed =
            each.kind === 'response'
              ? reseal(
                  withSafe(each, taken, request),
                  agreeingWith(held, each, request, names.all),
                  names,
                  ring,
                )
              : resealOnce(each, names, ring);
          resealed.set(sealed.id, sealed);
          ids.push(sealed.id);
        }
        const said = held[0]?.found?.about ?? null;
        if (said !== null) noteWords(words, said);
        const responsePart = call.responsePart === null ? null : (ids.pop() ?? null);
        const [aboutPart = '', ...requestParts] = ids;
        return { ...call, aboutPart, requestParts, responsePart };
      });
      for (const [site, texts] of words) {
        await store.addVocabulary(
          site,
          [...texts].map((text) => ({ id: vault.pseudonym(text), text })),
        );
      }
      return { calls: refined, parts: [...resealed.values()], keys: ring.keys, refused };
    },
  };

  /** A response with alternatives: which are safe depends on the whole call, so it becomes a part of its own. */
  function withSafe(each: Opened, taken: () => readonly string[], request: () => CallRequest): Opened {
    if (each.kind !== 'response') return each;
    const response = each.value() as CallResponse;
    if (response.alternatives === undefined) return each;
    const names = taken();
    const value = withSafeAlternatives(response, request(), (text) =>
      redactEntities(text, obviousNames(text), names, context),
    );
    const id = `${each.part.id} ${value.alternatives?.map(({ start }) => start).join('\0') ?? ''}`;
    return { ...each, value: () => value, isAsSealed: false, part: { ...each.part, id } };
  }

  /** How many of the calls are not of a day that was erased, so that they should have been readable. */
  async function countNotErased(calls: readonly JournalCall[]): Promise<number> {
    let count = 0;
    for (const [day, own] of Map.groupBy(calls, ({ at }) => dayOf(at))) {
      const erasures = await store.events({ kind: DAY_ERASED, subject: day, limit: 1 });
      if (erasures.length === 0) count += own.length;
    }
    return count;
  }
}

/** The batch is taken apart then, and the call that holds it told as damaged. */
function openedAgain(ring: DayKeyRing, part: SealedPart): unknown {
  const text = ring.open(part);
  if (text === null) throw new Error('A part cannot be opened.');
  return JSON.parse(text);
}

function noteWords(all: Map<string, Set<string>>, { site, vocabulary = [] }: CallAbout): void {
  if (site === undefined || vocabulary.length === 0) return;
  all.set(site, new Set([...(all.get(site) ?? []), ...vocabulary]));
}
