/**
 * The second stage of redaction: the journal's parts are opened, people and places found in them by a model, replaced, and
 * the parts sealed again for the store. Each part is looked at once, however many calls hold it.
 * Does not: run on the event loop of the gateway (the drain is a process of its own), or read and write files (drain.ts).
 */
import type { CallRequest, CallResponse, Message, Tool } from '../core/call.ts';
import type { Entity, EntityFinder } from '../core/entity.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { SealedPart, Store, StoredCall } from '../core/store.ts';
import { boundedCache } from './bounded-cache.ts';
import type { JournalCall } from './frames.ts';
import type { CallAbout, PartKind, PartValues, RequestSettings } from './parts.ts';
import {
  entityTexts,
  namesOfEntities,
  obviousNames,
  type RedactContext,
  redactEntities,
  redactText,
} from './redact/redact.ts';
import { redactPart, withSafeAlternatives } from './redact/redact-call.ts';
import { textsOf } from './texts.ts';
import { upgradedCall } from './upgrade.ts';
import type { Vault } from './vault.ts';

export interface SecondStage {
  /**
   * Calls for the store, with the parts they hold. Those that lack a part, or whose part cannot be opened, are refused.
   * Calls of an older journal are brought up to date on the way.
   * @param parts Sealed by the recorder, by id. @throws as the vault and the store.
   */
  refine(
    calls: readonly JournalCall[],
    parts: ReadonlyMap<string, SealedPart>,
  ): Promise<{
    readonly calls: readonly StoredCall[];
    readonly parts: readonly SealedPart[];
    readonly refused: number;
  }>;
}

export interface SecondStageOptions {
  readonly vault: Vault;
  readonly store: Pick<Store, 'addVocabulary'>;
  /** Null where the model's weights cannot be had: names in obvious positions alone. */
  readonly finder: EntityFinder | null;
  readonly context: RedactContext;
}

/** A part, opened and looked through. */
interface Found {
  /** Of each text, in the order of the walk. */
  readonly entities: readonly (readonly Entity[])[];
  /** People, to be replaced in the other parts of the call too. */
  readonly names: readonly string[];
  /** All that is replaced, as it was. */
  readonly taken: readonly string[];
  readonly words: ReadonlySet<string>;
}

interface Opened {
  readonly kind: PartKind;
  readonly part: SealedPart;
  readonly value: unknown;
}

const REMEMBERED_BYTES = 32 * 1024 * 1024;

export function secondStage({ vault, store, finder, context }: SecondStageOptions): SecondStage {
  const foundBefore = boundedCache<Found>(
    REMEMBERED_BYTES,
    ({ entities, words }) => 300 + 60 * (entities.length + words.size),
  );
  const sealedBefore = boundedCache<SealedPart>(REMEMBERED_BYTES, (part) => part.sealed.length + 300);

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

  /** What is in each part, by its id. @throws UnderstudyError 'unavailable' where the model fails: try again. */
  const look = async (opened: readonly Opened[]): Promise<Map<string, Found>> => {
    const all = new Map<string, Found>();
    for (const { part } of opened) {
      const known = foundBefore.get(part.id);
      if (known) all.set(part.id, known);
    }
    const fresh = opened.filter(({ part }) => !all.has(part.id));
    const texts = fresh.map(({ kind, value }) => textsOf((redact) => redactedPart(kind, value, redact)));
    const plain = texts.map((each) => each.map(entityTexts));
    const toRead = plain.flat().flatMap((each) => each.texts);
    const model = await read(toRead);
    let at = 0;
    fresh.forEach(({ part, kind, value }, i) => {
      const entities = plain[i]!.map((each, j) => {
        const found = each.place(model.slice(at, at + each.texts.length));
        at += each.texts.length;
        return [...found, ...obviousNames(texts[i]![j]!)];
      });
      const names = entities.flatMap((each, j) => namesOfEntities(texts[i]![j]!, each));
      // Names in the agent's own words are not hunted for in the conversation.
      const spoken = kind === 'response' || (kind === 'message' && (value as Message).role !== 'system');
      const found: Found = {
        entities,
        names: spoken ? [...new Set(names)] : [],
        taken: entities.flatMap((each, j) => each.map(({ start, end }) => texts[i]![j]!.slice(start, end))),
        words: new Set(texts[i]!.flatMap((text) => text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [])),
      };
      foundBefore.set(part.id, found);
      all.set(part.id, found);
    });
    return all;
  };

  /** The part for the store: its entities replaced, and the call's names. */
  const reseal = ({ kind, part, value }: Opened, found: Found, names: readonly string[]): SealedPart => {
    const relevant = names.filter((name) =>
      name
        .toLowerCase()
        .split(/[^\p{L}\p{M}]+/u)
        .some((word) => found.words.has(word)),
    );
    const id = `${part.id} ${relevant.join('\0')}`;
    const before = sealedBefore.get(id);
    if (before) return before;
    let text = 0;
    const replaced = redactedPart(kind, value, (each) =>
      redactEntities(each, found.entities[text++] ?? [], relevant, context),
    );
    const sealed = vault.seal(part.day, JSON.stringify(replaced));
    sealedBefore.set(id, sealed);
    return sealed;
  };

  return {
    async refine(given, parts) {
      const opened = new Map<string, Opened>();
      /** Parts that the recognisers of today have not seen. */
      const old = new Map<string, SealedPart | undefined>();
      const open = (id: string, kind: PartKind): boolean => {
        if (opened.has(id)) return true;
        const part = old.get(id) ?? parts.get(id);
        const text = part ? vault.open(part) : null;
        if (!part || text === null) return false;
        const value = JSON.parse(text);
        opened.set(id, {
          ...{ kind, part },
          value: old.has(id) ? redactedPart(kind, value, (each) => redactText(each, context)) : value,
        });
        return true;
      };
      const calls = given.map((call) => {
        if ('aboutPart' in call) return call;
        const upgraded = upgradedCall(call, vault);
        for (const [id] of partsOf(upgraded.call)) old.set(id, parts.get(id));
        old.set(upgraded.about.id, upgraded.about);
        return upgraded.call;
      });
      const whole = calls.filter((call) => partsOf(call).every(([id, kind]) => open(id, kind)));
      const found = await look([...opened.values()]);
      const foundIn = (each: Opened): Found => found.get(each.part.id)!;
      const resealed = new Map<string, SealedPart>();
      const refined = whole.map((call) => {
        const held = partsOf(call).map(([id]) => opened.get(id)!);
        const names = [...new Set(held.flatMap((each) => foundIn(each).names))];
        const request = requestOf(call, opened);
        const [about = '', ...rest] = held.map((each) => {
          const taken = (): string[] => [...new Set(held.flatMap((one) => foundIn(one).taken))];
          const sealed = reseal(withSafe(each, taken, request), foundIn(each), names);
          resealed.set(sealed.id, sealed);
          return sealed.id;
        });
        addWords(opened.get(call.aboutPart)?.value as CallAbout);
        const responsePart = call.responsePart === null ? null : (rest.pop() ?? null);
        return { ...call, aboutPart: about, requestParts: rest, responsePart };
      });
      return { calls: refined, parts: [...resealed.values()], refused: calls.length - whole.length };
    },
  };

  /** A response with alternatives: which are safe depends on the whole call, so it becomes a part of its own. */
  function withSafe(each: Opened, taken: () => readonly string[], request: CallRequest): Opened {
    if (each.kind !== 'response' || (each.value as CallResponse).alternatives === undefined) return each;
    const names = taken();
    const value = withSafeAlternatives(each.value as CallResponse, request, (text) =>
      redactEntities(text, obviousNames(text), names, context),
    );
    const id = `${each.part.id} ${value.alternatives?.map(({ start }) => start).join('\0') ?? ''}`;
    return { ...each, value, part: { ...each.part, id } };
  }

  function addWords({ site, vocabulary = [] }: CallAbout): void {
    if (site === undefined || vocabulary.length === 0) return;
    store.addVocabulary(
      site,
      vocabulary.map((text) => ({ id: vault.pseudonym(text), text })),
    );
  }
}

/** The parts of a call with what stands in them: about, settings, tools, messages, response. */
function partsOf(call: StoredCall): [string, PartKind][] {
  const [settings = '', tools = '', ...messages] = call.requestParts;
  return [
    [call.aboutPart, 'about'],
    [settings, 'settings'],
    [tools, 'tools'],
    ...messages.map((id): [string, PartKind] => [id, 'message']),
    ...(call.responsePart === null ? [] : [[call.responsePart, 'response'] as [string, PartKind]]),
  ];
}

function requestOf(call: StoredCall, opened: ReadonlyMap<string, Opened>): CallRequest {
  const [settings = '', tools = '', ...messages] = call.requestParts;
  return {
    model: '',
    messages: messages.map((id) => opened.get(id)!.value as Message),
    tools: opened.get(tools)!.value as readonly Tool[],
    ...(opened.get(settings)!.value as RequestSettings),
    stream: call.stream,
  };
}

/** The part's value for the store: redacted, and without the words that it brought. */
function redactedPart(kind: PartKind, value: unknown, redact: (text: string) => string): unknown {
  const redacted = redactPart(kind, value as PartValues[typeof kind], redact);
  if (kind !== 'about') return redacted;
  const { vocabulary: _, ...about } = redacted as CallAbout;
  return about;
}
