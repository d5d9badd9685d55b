/**
 * A runtime for agents' calls over models that are opened when the first specialist is asked.
 * Does not: open them (tools.ts).
 */
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Rung } from '../core/specialist.ts';
import type { Tools } from './tools.ts';

/** How long after the models did not start it is tried again, in milliseconds. */
const TRY_AGAIN_MS = 60_000;

/**
 * Runs any rung, and opens the models only when the first specialist is asked: a gateway that only records needs none.
 * Until they are open (weights may have to be fetched first) nothing waits for them.
 * @param rungs What the opened runtimes may be able to run.
 */
export function onDemand(
  tools: () => Promise<Pick<Tools, 'serving'>>,
  rungs: readonly Rung[],
  log: (line: string) => void,
): Runtime & { readonly open: () => void } {
  let open: Pick<Tools, 'serving'> | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let trying = false;
  const tryOpen = (): void => {
    if (trying || performance.now() - triedAt < TRY_AGAIN_MS) return;
    trying = true;
    tools().then(
      (opened) => {
        open = opened;
      },
      (error: unknown) => {
        trying = false;
        triedAt = performance.now();
        log(`specialists cannot be asked: ${messageOf(error)}`);
      },
    );
  };
  return {
    open: tryOpen,
    rungs,
    predict: async (artefact, input, predictOptions) => {
      if (open === null) {
        tryOpen();
        throw new UnderstudyError('unavailable', 'The models are being opened.', {
          hint: 'Try again shortly.',
        });
      }
      const runtime = open.serving.find((each) => each.rungs.includes(artefact.rung));
      if (runtime) return runtime.predict(artefact, input, predictOptions);
      throw new UnderstudyError(
        'unavailable',
        `Nothing here can run a specialist of the rung ${artefact.rung}.`,
        {
          hint: 'Run `understudy doctor` to see which weights are missing.',
        },
      );
    },
    close: async () => {},
  };
}
