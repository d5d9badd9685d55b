/** Recorded exchanges with providers, where they are at hand: what was asked, and what was answered, as bytes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Json } from '../../src/core/json.ts';

export interface Exchange {
  readonly provider: string;
  readonly method: string;
  readonly path: string;
  readonly request: Json;
  readonly status: number;
  readonly contentType: string;
  readonly response?: object | string[];
  readonly responseText?: string;
}

const folder = resolve(import.meta.dirname, '../../../shared/data/wire');

/** Why tests over recorded exchanges are skipped; false where they are not. */
export const skip = existsSync(folder) ? (false as const) : `no recorded exchanges at ${folder}`;

export function recordedExchanges(): Exchange[] {
  return readdirSync(folder)
    .sort()
    .flatMap((file) => JSON.parse(readFileSync(resolve(folder, file), 'utf8')) as Exchange[]);
}

/** The body as recorded: some recordings hold gzip, in base64 pieces. */
export function bodyOf(exchange: Exchange): { readonly bytes: Buffer; readonly encoding: string | null } {
  if (exchange.responseText !== undefined)
    return { bytes: Buffer.from(exchange.responseText), encoding: null };
  if (Array.isArray(exchange.response)) {
    return {
      bytes: Buffer.concat(exchange.response.map((piece) => Buffer.from(piece, 'base64'))),
      encoding: 'gzip',
    };
  }
  return { bytes: Buffer.from(JSON.stringify(exchange.response)), encoding: null };
}
