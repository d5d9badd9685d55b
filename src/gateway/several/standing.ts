/**
 * What is known of the servers of one API beside their settings: their circuits, who was told to wait, which conversation is
 * with which. It outlives a reload of the configuration, for each server that is the same before and after.
 */
import type { BreakerSettings, ServerSettings } from '../../core/config-upstream-servers.ts';
import { type Circuit, type CircuitState, createCircuit } from './circuit.ts';
import { type Recent, recent } from './recent.ts';

/** How one server stands. */
export interface Standing {
  readonly circuit: Circuit;
  inFlight: number;
  /** Until when it last asked to be left alone. */
  waitsUntil: number;
  /** Until when it wants to be left alone by whoever asks for a model with a key (a hash of both). */
  readonly limits: Recent<number>;
}

export interface Standings {
  /** As it was, where the server is the same: its name, its address, what it speaks. Else new. */
  of(settings: ServerSettings, breaker: BreakerSettings, now: number): Standing;
  /** Forgets the servers that are not among these. */
  keepOnly(servers: readonly ServerSettings[]): void;
  /** Which server each conversation is with, and since when. A server that is another by now is none of them. */
  readonly conversations: Recent<{ readonly standing: Standing; readonly at: number }>;
}

/** Keys and models of a server for which limits that it has told are remembered. */
const MAX_LIMITS = 5000;
/** Conversations whose server is remembered. */
const MAX_CONVERSATIONS = 20_000;

interface Known {
  readonly id: string;
  readonly apiKey: string | null;
  readonly standing: Standing;
}

/** @param onChange Told of each opening and closing of a circuit. */
export function createStandings(
  onChange: (server: string, state: CircuitState, failures: number) => void = () => {},
): Standings {
  /** By name. */
  const known = new Map<string, Known>();
  return {
    conversations: recent(MAX_CONVERSATIONS),
    of: (settings, breaker, now) => {
      const { name, apiKey } = settings;
      const id = idOf(settings);
      const before = known.get(name);
      const isSame = before?.id === id;
      const standing = isSame
        ? before.standing
        : {
            circuit: createCircuit(breaker, now, (state, failures) => onChange(name, state, failures)),
            inFlight: 0,
            waitsUntil: 0,
            limits: recent<number>(MAX_LIMITS),
          };
      if (isSame && before.apiKey !== apiKey) {
        // A limit is a key's: under another one nobody was told to wait.
        standing.limits.clear();
        standing.waitsUntil = 0;
      }
      standing.circuit.configure(breaker);
      known.set(name, { id, apiKey, standing });
      return standing;
    },
    keepOnly: (servers) => {
      const names = new Set(servers.map(({ name }) => name));
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    },
  };
}

const idOf = ({ baseUrl, isTranslated }: ServerSettings): string => `${baseUrl} ${isTranslated}`;
