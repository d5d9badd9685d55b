/** Opens llama.cpp, in one way for everybody. Does not: load a model. */
import type { Llama } from 'node-llama-cpp';

/**
 * The CPU build that was installed: nothing is compiled or downloaded. Whoever opens it disposes of it.
 * @param options.quiet Not even errors are logged.
 * @throws Error where there is no build for this system.
 */
export async function openLlama(
  options: { readonly threads?: number; readonly quiet?: boolean } = {},
): Promise<Llama> {
  // Only now: the program's own process imports this too, which no engine may keep from starting.
  const { getLlama, LlamaLogLevel } = await import('node-llama-cpp');
  return getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: options.quiet ? LlamaLogLevel.disabled : LlamaLogLevel.error,
    ...(options.threads === undefined ? {} : { maxThreads: options.threads }),
  });
}
