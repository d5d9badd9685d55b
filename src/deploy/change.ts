/**
 * Moves a deployment in the store, where a gateway, a learning run and a person may all want to at once: what is moved is
 * always what stands there, and each move is an event, kept with it: a move that cannot be told of is not made.
 * Does not: decide what moves (stages.ts, control.ts, learn/).
 */
import type { Deployment } from '../core/deployment.ts';
import type { DeploymentStore, Event } from '../core/store.ts';
import { moveEvent } from './stages.ts';

export type MovingStore = Pick<DeploymentStore, 'deployments' | 'putDeployment'>;

export interface Move {
  readonly before: Deployment;
  readonly after: Deployment;
}

/**
 * Each lost race is another process's move, and a deployment has few of them: whoever loses as often as this is up against
 * a store that is not well.
 */
const MAX_RACES = 20;

/**
 * @param change Gives the deployment as it should be, or the same object where nothing changes. Called again with what
 *   stands there by then, where another process was quicker.
 * @param eventsOf What else is to be told of the move. Default: nothing.
 * @returns Null where nothing was changed, or there is no such deployment.
 */
export async function changeDeployment(
  store: MovingStore,
  id: string,
  change: (now: Deployment) => Deployment,
  eventsOf: (move: Move) => readonly Event[] = () => [],
): Promise<Move | null> {
  for (let race = 0; race < MAX_RACES; race++) {
    const before = (await store.deployments()).find((each) => each.id === id);
    if (before === undefined) return null;
    const after = change(before);
    if (after === before) return null;
    const events = [moveEvent(before.stage, after), ...eventsOf({ before, after })];
    if (await store.putDeployment(after, before, events)) return { before, after };
  }
  throw new Error(`deployment ${id} changes all the time`);
}
