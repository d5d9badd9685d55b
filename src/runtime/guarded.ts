/**
 * What agents' calls use, behind a guard: a runtime, or the client of a server.
 * Does not: know when a call is refused (guard.ts).
 */
import { isObject, type Json } from '../core/json.ts';
import type { Runtime, RuntimeHealth } from '../core/runtime.ts';
import type { Artefact } from '../core/specialist.ts';
import type { Client } from './client.ts';
import type { Guard, ProbeWork } from './guard.ts';

/** A runtime that can be tried without a call. */
export interface ProbedRuntime extends Runtime {
  /** Has this artefact write one token, and drops it. @throws as `predict`. */
  probe(artefact: Artefact, signal: AbortSignal): Promise<void>;
}

interface GuardedRuntime extends Runtime {
  health(): RuntimeHealth;
}

/** The runtime for agents' calls. @throws besides what `predict` throws, what Guard.run throws. */
export function guardedRuntime(runtime: ProbedRuntime, guard: Guard): GuardedRuntime {
  return {
    health: () => guard.health(),
    rungs: runtime.rungs,
    ...(runtime.varies ? { varies: true } : {}),
    predict: (artefact, input, options = {}) =>
      guard.run(artefact.path, (signal) => runtime.predict(artefact, input, { ...options, signal }), {
        signal: options.signal,
        probe: probing(runtime, artefact),
      }),
    async close() {
      guard.close();
      await runtime.close();
    },
  };
}

/** The client for texts to be embedded for agents' calls, one at a time. */
export function guardedClient(client: Client, guard: Guard): Client {
  return {
    post: (path, body, signal) =>
      guard.run(keyOf(path, body), (either) => client.post(path, body, either), {
        signal,
        probe: posting(client, path, body),
      }),
    close: () => client.close(),
  };
}

/** The bare encoder and each tuned one take times of their own: a tuning is loaded at its first call. */
function keyOf(path: string, body: Json): string {
  const tuning = isObject(body) && typeof body.lora_path === 'string' ? body.lora_path : '';
  return `${path} ${tuning}`;
}

// The latest probe is kept. It is made here so that nothing of a call is kept with it.

function probing(runtime: ProbedRuntime, artefact: Artefact): ProbeWork {
  return (signal) => runtime.probe(artefact, signal);
}

function posting(client: Client, path: string, body: Json): ProbeWork {
  const small: Json = isObject(body) ? { ...body, input: ['probe'] } : {};
  return (signal) => client.post(path, small, signal);
}
