import type { RecordingCounts } from './bounded-recorder.ts';

/** What a gateway counts since its start. */
export interface GatewayStats {
  readonly requests: number;
  readonly inFlight: number;
  readonly passedThrough: number;
  /** Calls that specialists answered. */
  readonly servedBySpecialists: number;
  /** Calls that the LLM answered, by reason. */
  readonly servedByLlm: Readonly<Record<string, number>>;
  readonly recording: Readonly<RecordingCounts>;
  /** Memory that request bodies and copies of responses hold: bytes now and at most so far, and bodies that wait for room. */
  readonly bodies: { readonly bytes: number; readonly peak: number; readonly waiting: number };
  /** Upgraded connections (WebSocket). */
  readonly upgrades: { readonly opened: number; readonly open: number };
  /** Audits and comparisons. */
  readonly background: { readonly started: number; readonly failed: number; readonly dropped: number };
}
