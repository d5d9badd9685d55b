/**
 * The native engines: whether they load on this machine. There are systems that one or both have no build for; the
 * rest of Understudy runs there without them.
 */
import { messageOf } from '../../core/errors.ts';
import { openLlama } from '../decoder/llama-engine.ts';

/** Loads onnxruntime into this process. @throws Error where there is no build of it for this system. */
export async function loadOnnx(): Promise<void> {
  await import('onnxruntime-node');
}

/** Loads llama.cpp into this process, and lets go of it. @throws Error as loadOnnx. */
export async function loadLlama(): Promise<void> {
  const llama = await openLlama({ quiet: true });
  await llama.dispose();
}

/** What an engine's failure to load says, in one line. */
export function whyNot(error: unknown): string {
  return messageOf(error).split('\n')[0]!;
}
