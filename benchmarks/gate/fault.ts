/** What a simulation of faults/ gives: one figure, the goal it is held to, and whether it meets it. */
export interface Fault {
  readonly value: number;
  /** In words, with its figure: 'at most 5 % of runs'. */
  readonly goal: string;
  readonly holds: boolean;
  /** More figures, for the JSON. */
  readonly detail?: Readonly<Record<string, number | string>>;
}

/**
 * A file of faults/: its name is the simulation's. Seeded, and at most a minute of one core.
 * `what` says in a line what goes wrong and how it is played.
 */
export interface FaultSimulation {
  readonly what: string;
  readonly simulate: () => Fault | Promise<Fault>;
}
