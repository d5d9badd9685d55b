/**
 * Keys and what they seal. A master key (file or environment) wraps one data key per UTC day; a day's key seals
 * that day's parts and names them, so that deleting it erases the day. From the master key alone come the keyed
 * pseudonyms of senders and sessions, the key of surrogates and the cipher of what is learnt, which hold across days.
 * Does not: redact (redact/), or decide what becomes a part (sealer.ts).
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Cipher } from '../core/cipher.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { SealedPart, Store } from '../core/store.ts';
import { hmac } from './hmac.ts';

/** What sealing needs; works without a store, in a worker thread too. */
export interface Sealing {
  /** Seals a text under its day's key. Equal texts of a day have equal ids. @throws as the store, for a new day. */
  seal(day: string, text: string): SealedPart;
  /** A keyed pseudonym (24 hex digits): equal for equal texts, says nothing about them without the key. */
  pseudonym(text: string): string;
  /** Key for redact(): the same person has the same surrogate throughout the store. */
  readonly surrogateKey: Uint8Array;
}

/** The keys of one day's Sealing, to be sent to a worker thread of this process and nowhere else. */
export interface SealingKeys {
  readonly day: string;
  readonly seal: Uint8Array;
  readonly name: Uint8Array;
  readonly origin: Uint8Array;
  readonly surrogates: Uint8Array;
}

export interface Vault extends Sealing {
  /** Makes sure that the day's key exists, here and in the store; cheap once it does. @throws as the store. */
  prepare(day: string): void;
  /** @throws as the store, for a new day. */
  sealingKeys(day: string): SealingKeys;
  /** The sealed text; null where its day's key is gone, or is not the one that sealed it. */
  open(part: SealedPart): string | null;
}

interface DayKeys {
  readonly raw: Uint8Array;
  readonly seal: KeyObject;
  readonly name: Uint8Array;
}

const KEY_FILE = 'master.key';
const RAW = 0;
const DEFLATED = 1;
/** Below this, deflating saves too little for its time. */
const DEFLATE_FROM = 512;

/** The day of a time, in UTC: YYYY-MM-DD. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The keys of a data folder that need no store. */
export interface MasterKeys {
  /** Seals what is learnt: it outlives the days it was learnt from. */
  readonly cipher: Cipher;
  vault(store: DayKeyStore): Vault;
}

type DayKeyStore = Pick<Store, 'key' | 'addKey'>;

/**
 * The keys of a data folder. The master key comes from UNDERSTUDY_MASTER_KEY (32 bytes in base64), else from
 * `master.key` in the folder, which is made (0600) where it is missing.
 * @throws UnderstudyError 'bad-config' for a key that is not 32 bytes or a key file that others can read,
 *   'unavailable' where the file can be neither read nor made.
 */
export function openKeys(options: {
  readonly dataDir: string;
  readonly env?: NodeJS.ProcessEnv;
}): MasterKeys {
  const master = masterKey(options.dataDir, options.env ?? {});
  return { cipher: cipherOf(derive(master, 'learnt')), vault: (store) => vaultOf(master, store) };
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
    pseudonym: (text) => pseudonymOf(keys.origin, text),
    seal: (day, text) => sealPart({ seal, name: keys.name }, day, text),
  };
}

function pseudonymOf(originKey: Uint8Array, text: string): string {
  return hmac(originKey, text).toString('hex').slice(0, 24);
}

function sealPart(keys: Pick<DayKeys, 'seal' | 'name'>, day: string, text: string): SealedPart {
  const plain = Buffer.from(text, 'utf8');
  const id = hmac(keys.name, plain).toString('hex').slice(0, 32);
  return { id, day, sealed: encrypt(keys.seal, pack(plain), `part ${day} ${id}`) };
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

function vaultOf(master: Uint8Array, store: DayKeyStore): Vault {
  const wrapKey = derive(master, 'wrap');
  const originKey = derive(master, 'origin');
  const days = new Map<string, DayKeys>();

  const known = (day: string): DayKeys | null => {
    const cached = days.get(day);
    if (cached) return cached;
    const stored = store.key(day);
    if (stored === null) return null;
    const dayKey = decrypt(wrapKey, Buffer.from(stored.wrapped), `key ${day}`);
    if (dayKey === null) {
      throw new UnderstudyError('bad-config', `The master key does not open the data key of ${day}.`, {
        hint: 'Use the master key that this data folder was made with (UNDERSTUDY_MASTER_KEY or master.key).',
      });
    }
    const raw = derive(dayKey, 'seal');
    const keys = {
      raw,
      seal: createSecretKey(raw),
      name: derive(dayKey, 'name'),
    };
    days.set(day, keys);
    return keys;
  };
  const keysOf = (day: string): DayKeys => {
    const found = known(day);
    if (found) return found;
    store.addKey({ day, wrapped: encrypt(wrapKey, randomBytes(32), `key ${day}`) });
    // Read back: another process may have been first, and its key stays.
    const made = known(day);
    if (made) return made;
    throw new UnderstudyError('internal', `The data key of ${day} was not kept by the store.`, {
      hint: 'Check the store with `understudy doctor`.',
    });
  };

  const surrogateKey = derive(master, 'surrogates');
  return {
    surrogateKey,
    prepare: (day) => {
      keysOf(day);
    },
    sealingKeys: (day) => {
      const { raw, name } = keysOf(day);
      return { day, seal: raw, name, origin: originKey, surrogates: surrogateKey };
    },
    pseudonym: (text) => pseudonymOf(originKey, text),
    seal: (day, text) => sealPart(keysOf(day), day, text),
    open(part) {
      // The store is asked each time: a key deleted there must not live on in memory.
      const keys = store.key(part.day) === null ? null : known(part.day);
      if (keys === null) return null;
      const packed = decrypt(keys.seal, Buffer.from(part.sealed), `part ${part.day} ${part.id}`);
      return packed === null ? null : unpack(packed);
    },
  };
}

function pack(plain: Buffer): Buffer {
  if (plain.length >= DEFLATE_FROM) {
    const deflated = deflateRawSync(plain, { level: 1 });
    if (deflated.length < plain.length * 0.9) return Buffer.concat([Buffer.of(DEFLATED), deflated]);
  }
  return Buffer.concat([Buffer.of(RAW), plain]);
}

function unpack(packed: Buffer): string {
  const content = packed.subarray(1);
  return (packed[0] === DEFLATED ? inflateRawSync(content) : content).toString('utf8');
}

/** Nonce (12 bytes), ciphertext, tag (16 bytes): AES-256-GCM as in NIST SP 800-38D; `about` is authenticated. */
function encrypt(key: KeyObject | Uint8Array, plain: Uint8Array, about: string): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

let nonces = Buffer.alloc(0);

/** Twelve random bytes, drawn from the system many at a time: one by one costs as much as the encryption. */
function nextNonce(): Buffer {
  if (nonces.length < 12) nonces = randomBytes(12 * 256);
  const nonce = nonces.subarray(0, 12);
  nonces = nonces.subarray(12);
  return nonce;
}

/** Null where key, text or `about` are not those of the encryption. */
function decrypt(key: KeyObject | Uint8Array, sealed: Buffer, about: string): Buffer | null {
  if (sealed.length < 28) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
    .setAAD(Buffer.from(about))
    .setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}

function derive(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), `understudy ${purpose}`, 32));
}

function masterKey(dataDir: string, env: NodeJS.ProcessEnv): Uint8Array {
  const given = env.UNDERSTUDY_MASTER_KEY;
  if (given !== undefined && given !== '') return keyOf(given, 'UNDERSTUDY_MASTER_KEY');
  const path = join(dataDir, KEY_FILE);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const draft = join(dataDir, `.${KEY_FILE}.${randomBytes(6).toString('hex')}`);
    if (statSync(path, { throwIfNoEntry: false }) === undefined) {
      // Written aside and linked into place: whoever is first wins, and nobody reads half a key.
      // On the disk itself: without it nothing that is sealed can be opened again.
      try {
        writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true });
        linkSync(draft, path);
        syncFolder(dataDir);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      } finally {
        rmSync(draft, { force: true });
      }
    }
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new UnderstudyError('bad-config', `Others may read the master key ${path}.`, {
        hint: `Run \`chmod 600 ${path}\`; if others may have read it, start a new data folder.`,
      });
    }
    return keyOf(readFileSync(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof UnderstudyError) throw cause;
    throw new UnderstudyError('unavailable', `The master key ${path} can be neither read nor made.`, {
      hint: 'Check that the data folder is writable, or set UNDERSTUDY_MASTER_KEY.',
      cause,
    });
  }
}

/** Makes the names in a folder survive a power cut, where the system can. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch {
    // Windows has no such thing.
  }
}

function keyOf(text: string, where: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === 32) return key;
  throw new UnderstudyError('bad-config', `The master key in ${where} is not 32 bytes in base64.`, {
    hint: 'Make one with `openssl rand -base64 32`.',
  });
}
