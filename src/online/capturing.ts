/**
 * What a gateway records into: its own connection to the store, the recorder, and the process that drains the journal.
 * Does not: decide what happens where this cannot be opened (recording-folder.ts).
 */
import { mkdirSync } from 'node:fs';
import { liveRedaction } from '../capture/live-redaction.ts';
import type { Losses } from '../capture/losses.ts';
import { withMasterKey } from '../capture/master-key-command.ts';
import { openRecorder } from '../capture/recorder.ts';
import type { Config } from '../core/config.ts';
import { journalsOf, openFinder, openStorage } from '../setup/data-folder.ts';
import { type Drainer, startDrainer } from './drainer.ts';
import { liveFinder } from './live-finder.ts';
import type { Capture } from './recording-folder.ts';

/**
 * How often the journal's segments are ended, so that they can be drained and removed, and keys are looked for that were
 * erased.
 */
const ROTATE_MS = 2000;
/** How long closing waits for the last drain; what is left is drained when the data folder is next used. */
const DRAIN_GRACE_MS = 15_000;

/** @throws UnderstudyError as the store, the vault and the recorder. */
export async function openCapture(options: {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly weightsDir: string;
  readonly losses: Losses;
  readonly log: (line: string) => void;
  /** How long to wait for another process that has the journal for a moment; it blocks the thread. */
  readonly lockWaitMs: number;
}): Promise<Capture> {
  const { config, weightsDir, losses, log } = options;
  // For the drain's process too, which has none of the credentials that a command for the key may need.
  const env = await withMasterKey(options.env);
  // Never waits for a lock or for the disk: calls under way come first.
  const unwaiting = { env, busyTimeoutMs: 0, durable: false };
  const { store, vault, context, close } = await openStorage(config, unwaiting);
  try {
    const dir = journalsOf(config.dataDir).gateway;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const recorder = await openRecorder({
      dir,
      vault,
      log,
      losses,
      redaction: config.redaction,
      lockWaitMs: options.lockWaitMs,
      maxBodyBytes: config.gateway.maxBodyBytes,
    });
    const drainer = ((): Drainer => {
      try {
        return startDrainer(
          {
            config: {
              dataDir: config.dataDir,
              redaction: config.redaction,
              journal: config.journal,
              retention: config.retention,
            },
            weightsDir,
          },
          { env, log, onLost: (reason, count) => losses.add(reason, count) },
        );
      } catch (error) {
        void recorder.close();
        throw error;
      }
    })();
    const finder = liveFinder((signal) =>
      openFinder(config, { weightsDir, env, log: () => undefined, threads: 1, signal }),
    );
    const rotating = setInterval(() => {
      recorder.rotate();
      void recorder.refreshKeys();
    }, ROTATE_MS).unref();
    return {
      store,
      recorder,
      pseudonym: vault.pseudonym,
      approvalKey: vault.approvalKey,
      redaction: (vocabulary) =>
        liveRedaction({
          sealing: vault,
          context,
          vocabulary,
          find: finder.find,
          readElsewhere: recorder.read,
        }),
      close: async () => {
        clearInterval(rotating);
        await finder.close();
        await recorder.close();
        await drainer.close(DRAIN_GRACE_MS);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
