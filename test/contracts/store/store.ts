/** What every Store must do: the contracts of its parts. Each implementation's test calls this. */
import type { Store } from '../../../src/core/store.ts';
import { accessStoreContract } from './access.ts';
import { callStoreContract } from './calls.ts';
import { chargeStoreContract } from './charges.ts';
import { deploymentStoreContract } from './deployments.ts';
import { eventStoreContract } from './events.ts';
import { feedbackStoreContract } from './feedback.ts';
import { figureStoreContract } from './figures.ts';
import { jobStoreContract } from './jobs.ts';
import { keyStoreContract } from './keys.ts';
import { learningStoreContract } from './learning.ts';
import { decisionStoreContract } from './task-decisions.ts';
import { trailStoreContract } from './trail.ts';

/** Runs `work` on an empty store, and closes it. */
export type Opener<S> = (work: (store: S) => Promise<void>) => Promise<void>;

/** @param open Opens an empty store. */
export function storeContract(name: string, open: () => Store | Promise<Store>): void {
  const withStore: Opener<Store> = async (work) => {
    const store = await open();
    try {
      await work(store);
    } finally {
      await store.close();
    }
  };
  callStoreContract(name, withStore);
  feedbackStoreContract(name, withStore);
  keyStoreContract(name, withStore);
  learningStoreContract(name, withStore);
  deploymentStoreContract(name, withStore);
  eventStoreContract(name, withStore);
  figureStoreContract(name, withStore);
  accessStoreContract(name, withStore);
  trailStoreContract(name, withStore);
  jobStoreContract(name, withStore);
  chargeStoreContract(name, withStore);
  decisionStoreContract(name, withStore);
}
