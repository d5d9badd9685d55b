/**
 * Tells people, by webhooks, of what needs one: posted once when it begins, tried again where that fails, at most so many an hour.
 * What was over that is counted with the next one, or told by itself as soon as the hour allows.
 * Does not: find out what is wrong (online/).
 */
import { isSafeUrl } from '../core/config-admin.ts';
import { patience, postJson } from './post.ts';

export interface Alert {
  /** Short and stable, for programs: 'disk-low', 'deployment-moved', …. */
  readonly kind: string;
  /** What it is about: a deployment's id, a reason. */
  readonly subject: string;
  /** A sentence for people. Never a payload or a key. */
  readonly message: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** What a person can do about it. Whoever has such a link may: they are posted, and never logged. */
  readonly links?: readonly AlertLink[];
}

export interface AlertLink {
  /** For programs. */
  readonly action: string;
  readonly label: string;
  readonly url: string;
}

export interface Alerts {
  raise(alert: Alert): void;
  readonly counts: { sent: number; failed: number; held: number };
  /** Waits for what is on its way, but not for later tries. */
  close(): Promise<void>;
}

interface Webhook {
  readonly url: string;
  readonly format: 'json' | 'slack';
}

export interface AlertOptions {
  /** As they are at the time. */
  readonly settings: () => { readonly webhooks: readonly Webhook[]; readonly perHour: number };
  readonly now: () => number;
  readonly log: (line: string) => void;
  /** Default: real time. */
  readonly wait?: (ms: number) => Promise<unknown>;
  /** Calls `then` after so long, unless what it gives is called before. Default: real time. */
  readonly after?: (ms: number, then: () => void) => () => void;
}

/** Alerts over the limit, since the last one that was sent. */
interface Held {
  readonly alerts: number;
  /** Those of them that had links by which a person decides. */
  readonly decisions: number;
}

const NONE_HELD: Held = { alerts: 0, decisions: 0 };
const HOUR_MS = 3600_000;
const TRIES = 5;
const FIRST_WAIT_MS = 2000;

export function createAlerts(options: AlertOptions): Alerts {
  const closing = new AbortController();
  const { settings, now, log, wait = (ms) => patience(ms, closing.signal), after = inTime } = options;
  const counts = { sent: 0, failed: 0, held: 0 };
  const pending = new Set<Promise<void>>();
  /** When the latest were raised. */
  let times: number[] = [];
  let held = NONE_HELD;
  /** Gives up telling of those that are held. */
  let forget = (): void => {};

  const post = async (webhook: Webhook, alert: Alert, before: Held): Promise<void> => {
    // Whoever reads a link on its way may decide.
    const { links = [], ...plain } = alert;
    const told = isSafeUrl(webhook.url) ? { ...plain, links } : plain;
    const isTaken = await postJson(webhook.url, bodyOf(webhook.format, told, before), {
      tries: TRIES,
      waitMs: FIRST_WAIT_MS,
      sleep: wait,
      isOver: () => closing.signal.aborted,
    });
    counts[isTaken ? 'sent' : 'failed']++;
    // Not the address: that of a webhook is a secret.
    if (!isTaken) log(`alerts: the webhook at ${new URL(webhook.url).host} does not take them.`);
  };
  /** Milliseconds until another one may be sent, an hour at most; 0: now. */
  const fullFor = (perHour: number): number => {
    const at = now();
    // Where the clock was set back those ahead of it are of just now: they count, and for an hour at most.
    times = times.map((time) => Math.min(time, at)).filter((time) => at - time < HOUR_MS);
    // The limit may have been lowered since.
    return times.length < perHour ? 0 : times[times.length - perHour]! + HOUR_MS - at;
  };
  const send = (alert: Alert, before: Held): void => {
    times.push(now());
    forget();
    held = NONE_HELD;
    for (const webhook of settings().webhooks) {
      const posted: Promise<void> = post(webhook, alert, before).finally(() => pending.delete(posted));
      pending.add(posted);
    }
  };
  /** Where no other alert comes to say so. */
  const tellHeld = (): void => {
    if (held === NONE_HELD || closing.signal.aborted) return;
    const fullMs = fullFor(settings().perHour);
    if (fullMs > 0) {
      forget = after(fullMs, tellHeld);
      return;
    }
    const message = `${heldText(held, 'alerts')}.`;
    send({ kind: 'alerts-held', subject: 'alerts', message, at: now() }, held);
  };
  return {
    counts,
    raise: (alert) => {
      const { webhooks, perHour } = settings();
      if (webhooks.length === 0) return;
      const fullMs = fullFor(perHour);
      if (fullMs === 0) {
        send(alert, held);
        return;
      }
      counts.held++;
      if (held === NONE_HELD) {
        log(`alerts: more than ${perHour} within an hour; those on top are counted, and told of later.`);
        forget = after(fullMs, tellHeld);
      }
      const decisions = held.decisions + (alert.links === undefined ? 0 : 1);
      held = { alerts: held.alerts + 1, decisions };
    },
    close: async () => {
      closing.abort();
      forget();
      await Promise.all(pending);
    },
  };
}

function inTime(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms).unref();
  return () => clearTimeout(timer);
}

/** @param what As they are called in the sentence. */
function heldText({ alerts, decisions }: Held, what: string): string {
  const all = `${alerts} ${what} ${alerts === 1 ? 'was' : 'were'} held back`;
  if (decisions === 0) return all;
  const some = decisions === alerts ? '' : `${decisions} of them `;
  return `${all}, ${some}with links to decide: \`understudy status\` and the dashboard show what waits for approval`;
}

/** @param held Alerts before it that were over the limit. */
function bodyOf(format: 'json' | 'slack', alert: Alert, held: Held): string {
  const { kind, subject, message, links = [] } = alert;
  if (format === 'slack') {
    const isSaid = held.alerts === 0 || kind === 'alerts-held';
    const more = isSaid ? '' : ` (before this one ${heldText(held, 'more')})`;
    const asked = links.map(({ url, label }) => `<${slackText(url)}|${slackText(label)}>`).join(' · ');
    const text = `Understudy: ${slackText(message)}${more}${asked === '' ? '' : `\n${asked}`}`;
    // Slack would fetch the links to show what is behind them.
    return JSON.stringify(links.length > 0 ? { text, unfurl_links: false, unfurl_media: false } : { text });
  }
  return JSON.stringify({
    source: 'understudy',
    kind,
    subject,
    message,
    at: new Date(alert.at).toISOString(),
    held: held.alerts,
    ...(held.decisions > 0 ? { heldDecisions: held.decisions } : {}),
    ...(links.length > 0 ? { links: Object.fromEntries(links.map(({ action, url }) => [action, url])) } : {}),
  });
}

/** https://api.slack.com/reference/surfaces/formatting: three characters have a meaning of their own. */
function slackText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
