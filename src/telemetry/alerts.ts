/**
 * Tells people, by webhooks, of what needs one: posted once when it begins, tried again where that fails, at most so many an hour.
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
}

const HOUR_MS = 3600_000;
const TRIES = 5;
const FIRST_WAIT_MS = 2000;

export function createAlerts(options: AlertOptions): Alerts {
  const closing = new AbortController();
  const { settings, now, log, wait = (ms) => patience(ms, closing.signal) } = options;
  const counts = { sent: 0, failed: 0, held: 0 };
  const pending = new Set<Promise<void>>();
  /** When the latest were raised. */
  let times: number[] = [];
  let held = 0;

  const post = async (webhook: Webhook, alert: Alert, before: number): Promise<void> => {
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
  return {
    counts,
    raise: (alert) => {
      const { webhooks, perHour } = settings();
      if (webhooks.length === 0) return;
      const at = now();
      times = times.filter((time) => at - time < HOUR_MS);
      if (times.length >= perHour) {
        held++;
        counts.held++;
        return;
      }
      times.push(at);
      const before = held;
      held = 0;
      for (const webhook of webhooks) {
        const posted: Promise<void> = post(webhook, alert, before).finally(() => pending.delete(posted));
        pending.add(posted);
      }
    },
    close: async () => {
      closing.abort();
      await Promise.all(pending);
    },
  };
}

/** @param held Alerts before it that were over the limit. */
function bodyOf(format: 'json' | 'slack', alert: Alert, held: number): string {
  const more = held === 0 ? '' : ` (${held} more alerts before this one were held back)`;
  const { kind, subject, message, links = [] } = alert;
  if (format === 'slack') {
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
    held,
    ...(links.length > 0 ? { links: Object.fromEntries(links.map(({ action, url }) => [action, url])) } : {}),
  });
}

/** https://api.slack.com/reference/surfaces/formatting: three characters have a meaning of their own. */
function slackText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
