/**
 * The circuit breaker of one upstream server: whether it is passed over while another can be asked. Nothing is asked but what
 * callers ask: the probe is one of their calls, since a provider's calls cost money.
 *
 *   closed ── `failures` in a row       ──► open ── its time is over, and a call comes ──► half-open
 *     ▲                                      ▲                                                │
 *     └────────── it is answered ────────────┼──────── it fails: twice the time ──────────────┘
 *
 * Does not: know the time (it is passed in), or choose (choose.ts).
 */
import type { BreakerSettings } from '../../core/config-upstream-servers.ts';

export type CircuitState = 'closed' | 'open' | 'half-open';

/**
 * How an attempt ended, or where it stands. answered: with a head that is no failure, and more is to come. whole: after that, in order. failed: no
 * head, a broken answer, a status of 500 and above. neutral: the caller gave up, or was told to come again (429).
 */
export type Verdict = 'answered' | 'whole' | 'failed' | 'neutral';

export interface Circuit {
  admits(now: number): boolean;
  /** A call is sent; the result takes its verdicts. */
  begin(now: number): (verdict: Verdict, now: number) => void;
  /** Other settings from now on. An open circuit's time ends when it was to end. */
  configure(settings: BreakerSettings): void;
  readonly state: CircuitState;
  /** Time of the last change of state. */
  readonly since: number;
  /** In a row. */
  readonly failures: number;
}

/** Envoy's longest ejection time. */
const MAX_OPEN_MS = 300_000;

/** @param onChange Told of each opening and closing. */
export function createCircuit(
  settings: BreakerSettings,
  start: number,
  onChange: (state: CircuitState, failures: number) => void = () => {},
): Circuit {
  let state: CircuitState = 'closed';
  let since = start;
  let failures = 0;
  let until = 0;
  let { failures: limit, openMs } = settings;
  let wait = openMs;
  let probe: object | null = null;

  const become = (next: CircuitState, now: number): void => {
    if (state === next) return;
    const isNews = state !== 'half-open' || next === 'closed';
    state = next;
    since = now;
    if (isNews && next !== 'half-open') onChange(next, failures);
  };
  const open = (now: number): void => {
    until = now + wait;
    become('open', now);
  };
  return {
    admits: (now) => state === 'closed' || (state === 'open' && now >= until),
    begin: (now) => {
      const own = {};
      if (state === 'open' && now >= until) {
        probe = own;
        become('half-open', now);
      }
      return (verdict, at) => {
        const isProbe = state === 'half-open' && probe === own;
        if (isProbe) probe = null;
        switch (verdict) {
          case 'answered':
            // Whatever was sent: it is back. What breaks off after its head counts from near the limit.
            if (state === 'closed') return;
            failures = limit - 1;
            wait = openMs;
            probe = null;
            become('closed', at);
            return;
          case 'whole':
            failures = 0;
            return;
          case 'failed':
            failures++;
            if (isProbe) {
              wait = Math.min(2 * wait, MAX_OPEN_MS);
              open(at);
            } else if (state === 'closed' && failures >= limit) open(at);
            return;
          case 'neutral':
            // The next call finds out.
            if (isProbe) become('open', at);
        }
      };
    },
    configure: (next) => {
      ({ failures: limit, openMs } = next);
      if (state === 'closed') wait = openMs;
    },
    get state() {
      return state;
    },
    get since() {
      return since;
    },
    get failures() {
      return failures;
    },
  };
}
