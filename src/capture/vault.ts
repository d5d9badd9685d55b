/**
 * Keys and what they seal. A root key, which the master key wraps, wraps one data key per UTC day; a day's key seals
 * that day's parts and names them, so that deleting it erases the day. From the root key alone come the keyed
 * pseudonyms of senders and sessions, the key of surrogates and the cipher of what is learnt, which hold across days.
 * Does not: encrypt (encryption.ts), find the master key (master-key.ts), redact (redact/), or decide what becomes a part
 * (sealer.ts).
 */
import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import type { Cipher } from '../core/cipher.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { KeyStore, SealedPart, WrappedKey } from '../core/store.ts';
import { decrypt, encrypt, pack, packText, unpack } from './encryption.ts';
import { hmac } from './hmac.ts';
import { masterKey } from './master-key.ts';
import { rootKey } from './root-key.ts';

/** What sealing needs; works without a store, in a worker thread too. */
export interface Sealing {
  /**
   * Seals a text under its day's key. Equal texts of a day have equal ids.
   * @throws UnderstudyError 'internal' where the day's key is not in memory (Vault.prepare).
   */
  seal(day: string, text: string): SealedPart;
  /** Names the day's key: what was sealed under another one of that day is not to be used again. @throws as seal. */
  keyId(day: string): string;
  /** A keyed pseudonym (24 hex digits): equal for equal texts, says nothing about them without the key. */
  pseudonym(text: string): string;
  /** Key for redact(): the same person has the same surrogate throughout the store. */
  readonly surrogateKey: Uint8Array;
}

/** The keys of one day's Sealing, to be sent to a worker thread of this process and nowhere else. */
export interface SealingKeys {
  readonly day: string;
  readonly id: string;
  readonly seal: Uint8Array;
  readonly name: Uint8Array;
  readonly origin: Uint8Array;
  readonly surrogates: Uint8Array;
}

/** The keys of some days as the store had them at one moment. */
export interface DayKeyRing {
  /** As the store has them; days without a key are not among them. */
  readonly keys: readonly WrappedKey[];
  has(day: string): boolean;
  /** The sealed text; null where its day's key is gone, or is not the one that sealed it. */
  open(part: SealedPart): string | null;
  /** As Sealing.seal, under these keys alone. */
  seal(day: string, text: string): SealedPart;
}

/**
 * Keys are made and looked for in the store by `prepare`, `ring` and `refresh` alone; whatever seals on the path of a call
 * finds its day's key in memory.
 */
export interface Vault extends Sealing {
  /** Signs links by which a person approves a deployment (deploy/approval-link), and nothing else. */
  readonly approvalKey: Uint8Array;
  /** Whether the day's key is in memory. */
  isReady(day: string): boolean;
  /** Makes sure that the day's key exists, here and in the store. @throws as the store. */
  prepare(day: string): Promise<void>;
  /** @throws as seal. */
  sealingKeys(day: string): SealingKeys;
  /** The keys that the store has now for these days: one that was erased there does not live on in memory. */
  ring(days: Iterable<string>): Promise<DayKeyRing>;
  /**
   * Forgets the keys that the store has no more, or has others for; from `from` on (a day) new ones are made at once.
   * @throws as the store; then all stay.
   */
  refresh(from: string): Promise<void>;
}

interface DayKeys {
  readonly id: string;
  readonly wrapped: Uint8Array;
  readonly raw: Uint8Array;
  readonly seal: KeyObject;
  readonly name: Uint8Array;
}

/** The day of a time, in UTC: YYYY-MM-DD. */
export function dayOf(at: number): string {
  const no = Math.floor(at / DAY_MS);
  // It is asked for with every call, and nearly always for the same day.
  if (no !== lastDay.no) lastDay = { no, day: new Date(at).toISOString().slice(0, 10) };
  return lastDay.day;
}

const DAY_MS = 24 * 3600_000;
let lastDay = { no: Number.NaN, day: '' };

/** The keys of a data folder that need no store. */
export interface MasterKeys {
  /** Seals what is learnt: it outlives the days it was learnt from. */
  readonly cipher: Cipher;
  vault(store: DayKeyStore): Vault;
}

type DayKeyStore = Pick<KeyStore, 'keys' | 'addKey'>;

/**
 * The keys of a data folder. The master key comes from UNDERSTUDY_MASTER_KEY (32 bytes in base64), else from
 * the file UNDERSTUDY_MASTER_KEY_FILE, else from `master.key` in the folder, which is made (0600) where it is missing.
 * @throws UnderstudyError 'bad-config' for a key that is not 32 bytes or a key file that others can read,
 *   'unavailable' where the file can be neither read nor made.
 */
export function openKeys(options: {
  readonly dataDir: string;
  readonly env?: NodeJS.ProcessEnv;
}): MasterKeys {
  const root = rootKey(options.dataDir, masterKey(options.dataDir, options.env ?? {}));
  return { cipher: cipherOf(derive(root, 'learnt')), vault: (store) => vaultOf(root, store) };
}

/** The vault of a data folder. @throws as openKeys. */
export function openVault(options: {
  readonly dataDir: string;
  readonly store: DayKeyStore;
  readonly env?: NodeJS.ProcessEnv;
}): Vault {
  return openKeys(options).vault(options.store);
}

/** Sealing without a store, with the keys of one day. */
export function sealingWith(keys: SealingKeys): Sealing {
  const seal = createSecretKey(keys.seal);
  return {
    surrogateKey: keys.surrogates,
    keyId: () => keys.id,
    pseudonym: (text) => pseudonymOf(keys.origin, text),
    seal: (day, text) => sealPart({ seal, name: keys.name }, day, text),
  };
}

function pseudonymOf(originKey: Uint8Array, text: string): string {
  return hmac(originKey, text).toString('hex').slice(0, 24);
}

function sealPart(keys: Pick<DayKeys, 'seal' | 'name'>, day: string, text: string): SealedPart {
  const { plain, packed } = packText(text);
  const id = hmac(keys.name, plain).toString('hex').slice(0, 32);
  return { id, day, sealed: encrypt(keys.seal, packed, `part ${day} ${id}`) };
}

function cipherOf(raw: Uint8Array): Cipher {
  const key = createSecretKey(raw);
  return {
    seal: (text, about) => encrypt(key, pack(Buffer.from(text, 'utf8')), `learnt ${about}`),
    open: (sealed, about) => {
      const packed = decrypt(key, Buffer.from(sealed), `learnt ${about}`);
      if (packed !== null) return unpack(packed);
      throw new UnderstudyError('bad-config', `The master key does not open ${about}.`, {
        hint: 'Use the master key that this data folder was made with (UNDERSTUDY_MASTER_KEY or master.key).',
      });
    },
  };
}

function vaultOf(root: Uint8Array, store: DayKeyStore): Vault {
  const wrapKey = derive(root, 'wrap');
  const originKey = derive(root, 'origin');
  const surrogateKey = derive(root, 'surrogates');
  const days = new Map<string, DayKeys>();

  /** The keys behind what the store has; those in memory where they are the same. */
  const unwrap = ({ day, wrapped }: WrappedKey): DayKeys => {
    const known = days.get(day);
    if (known && Buffer.compare(known.wrapped, wrapped) === 0) return known;
    const dayKey = decrypt(wrapKey, Buffer.from(wrapped), `key ${day}`);
    if (dayKey === null) {
      throw new UnderstudyError('bad-config', `The master key does not open the data key of ${day}.`, {
        hint: 'Use the master key that this data folder was made with (UNDERSTUDY_MASTER_KEY or master.key).',
      });
    }
    const raw = derive(dayKey, 'seal');
    const id = Buffer.from(derive(dayKey, 'id')).toString('hex').slice(0, 16);
    const keys = { id, wrapped, raw, seal: createSecretKey(raw), name: derive(dayKey, 'name') };
    days.set(day, keys);
    return keys;
  };
  const fetchOrMake = async (day: string): Promise<void> => {
    const [stored] = await store.keys([day]);
    if (stored) {
      unwrap(stored);
      return;
    }
    await store.addKey({ day, wrapped: encrypt(wrapKey, randomBytes(32), `key ${day}`) });
    // Read back: another process may have been first, and its key stays.
    const [made] = await store.keys([day]);
    if (made === undefined) {
      throw new UnderstudyError('internal', `The data key of ${day} was not kept by the store.`, {
        hint: 'Check the store with `understudy doctor`.',
      });
    }
    unwrap(made);
  };
  const ready = (day: string): DayKeys => {
    const keys = days.get(day);
    if (keys) return keys;
    throw new UnderstudyError('internal', `The data key of ${day} was not prepared.`, {
      hint: 'This is a fault in Understudy; please report it.',
    });
  };
  return {
    surrogateKey,
    approvalKey: derive(root, 'approval links'),
    isReady: (day) => days.has(day),
    prepare: async (day) => {
      if (!days.has(day)) await fetchOrMake(day);
    },
    keyId: (day) => ready(day).id,
    sealingKeys: (day) => {
      const { id, raw, name } = ready(day);
      return { day, id, seal: raw, name, origin: originKey, surrogates: surrogateKey };
    },
    pseudonym: (text) => pseudonymOf(originKey, text),
    seal: (day, text) => sealPart(ready(day), day, text),
    async ring(wanted) {
      const keys = await store.keys([...new Set(wanted)]);
      return ringOf(keys, new Map(keys.map((key) => [key.day, unwrap(key)])));
    },
    async refresh(from) {
      const known = [...days.keys()];
      const there = new Map((await store.keys(known)).map((key) => [key.day, key]));
      for (const day of known) {
        const stored = there.get(day);
        if (stored) unwrap(stored);
        else if (day >= from) await fetchOrMake(day);
        else days.delete(day);
      }
    },
  };
}

function ringOf(keys: readonly WrappedKey[], days: ReadonlyMap<string, DayKeys>): DayKeyRing {
  return {
    keys,
    has: (day) => days.has(day),
    open(part) {
      const key = days.get(part.day);
      if (key === undefined) return null;
      const packed = decrypt(key.seal, Buffer.from(part.sealed), `part ${part.day} ${part.id}`);
      return packed === null ? null : unpack(packed);
    },
    seal(day, text) {
      const key = days.get(day);
      if (key) return sealPart(key, day, text);
      throw new UnderstudyError('internal', `The data key of ${day} is not on the ring.`, {
        hint: 'This is a fault in Understudy; please report it.',
      });
    },
  };
}

function derive(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), `understudy ${purpose}`, 32));
}
