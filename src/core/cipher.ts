/**
 * Sealing for what is learnt from calls: task templates, labels, evidence, models. Opaque to whoever stores the result.
 * Implementations: capture/vault.
 */
export interface Cipher {
  /** `about` names what is sealed (a table and a row, a file); it must be the same when it is opened. */
  seal(text: string, about: string): Uint8Array;
  /** @throws UnderstudyError 'bad-config' where key, content or `about` are not those of the sealing. */
  open(sealed: Uint8Array, about: string): string;
}
