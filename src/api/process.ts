/**
 * The process of the admin API and the dashboard, seen from inside: opens the data folder and listens. It is one of its own
 * because its questions may take the database a while, and no agent's call waits for them. Ends with its parent.
 */
import { constants, setPriority } from 'node:os';
import { createAccess } from '../access/access.ts';
import { sealFeedback } from '../capture/feedback.ts';
import { openLosses } from '../capture/losses.ts';
import { journalState } from '../capture/quarantine.ts';
import { redactText } from '../capture/redact/redact.ts';
import type { SecondStage } from '../capture/second-stage.ts';
import { dayOf } from '../capture/vault.ts';
import type { Config } from '../core/config.ts';
import { messageOf, UnderstudyError } from '../core/errors.ts';
import type { Feedback } from '../core/feedback.ts';
import { accessUpdates } from '../online/access-updates.ts';
import { journalsOf, openFinder, openStorage, type Storage, stageOf } from '../setup/data-folder.ts';
import { priceBook, readSavings } from '../setup/savings.ts';
import { adminApp } from './app.ts';
import { authoriseBy } from './authorise.ts';
import { type About, actorOf } from './env.ts';
import { auditBook } from './figures/audit-book.ts';
import { modelNames } from './figures/models.ts';
import { remembered } from './figures/remember.ts';
import { dashboardFolder, serveFiles } from './files.ts';
import { openUploads } from './imports/uploads.ts';
import { type AdminServer, serve } from './server.ts';

/** How often keys are looked for that were made, changed or revoked. */
const KEYS_MS = 500;

/** How long the gateway may take to say that it has heard of a change; it looks by itself as often. */
const APPLY_MS = 1000;

/** What the process is told when it starts. */
export interface AdminSettings {
  readonly config: Pick<
    Config,
    | 'access'
    | 'admin'
    | 'costs'
    | 'dataDir'
    | 'equality'
    | 'gate'
    | 'gateway'
    | 'learn'
    | 'prices'
    | 'redaction'
    | 'serve'
    | 'train'
  >;
  readonly weightsDir: string;
  readonly about: About;
}

/** What the process says: where it listens, why it does not, or a line for the operator. */
export type AdminSays =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'failed'; readonly message: string; readonly hint: string }
  | { readonly type: 'log'; readonly line: string }
  /** Something serves otherwise than before; answered with 'applied' and the same number. */
  | { readonly type: 'changed'; readonly no: number };

/** What it is told later: the gateway has taken up what was changed. */
interface Applied {
  readonly type: 'applied';
  readonly no: number;
}

export function runAdminProcess(): void {
  const say = (said: AdminSays): void => {
    process.send?.(said, () => {});
  };
  process.once('message', async (settings: AdminSettings) => {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
    try {
      const { url } = await startAdmin(settings, (line) => say({ type: 'log', line }), askGateway(say));
      say({ type: 'listening', url });
    } catch (error) {
      const hint = error instanceof UnderstudyError ? error.hint : 'The log has more.';
      say({ type: 'failed', message: messageOf(error), hint });
      process.disconnect();
    }
  });
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => process.exit(0));
  // ctrl-C reaches the whole group; the parent decides when this ends.
  process.on('SIGINT', () => undefined);
}

/** Tells the gateway that something was changed, and waits until it has taken it up; false where it does not say so. */
function askGateway(say: (said: AdminSays) => void): () => Promise<boolean> {
  const waiting = new Map<number, (isApplied: boolean) => void>();
  let last = 0;
  process.on('message', ({ type, no }: Applied) => {
    if (type === 'applied') waiting.get(no)?.(true);
  });
  return () =>
    new Promise((resolve) => {
      const no = ++last;
      const end = (isApplied: boolean): void => {
        clearTimeout(timer);
        waiting.delete(no);
        resolve(isApplied);
      };
      const timer = setTimeout(() => end(false), APPLY_MS);
      waiting.set(no, end);
      say({ type: 'changed', no });
    });
}

/** @throws UnderstudyError as openStorage and serve. */
export async function startAdmin(
  { config, weightsDir, about }: AdminSettings,
  log: (line: string) => void,
  apply: () => Promise<boolean>,
): Promise<AdminServer> {
  const storage = await openStorage(config);
  const { store, vault, context } = storage;
  const losses = openLosses(config.dataDir);
  const access = createAccess({ ...config.access, costOf: () => null, now: Date.now });
  const keys = accessUpdates({ access, store: () => store, log, now: Date.now });
  await keys.refresh();
  const refreshing = setInterval(() => void keys.refresh(), KEYS_MS).unref();
  const app = adminApp({
    sources: {
      store,
      vault,
      context,
      config,
      audits: auditBook(store, config.serve, config.gate.deltaFor),
      models: modelNames(store, vault),
      priceOf: priceBook(config),
      savings: (since) => readSavings(storage, config, since),
      remembered: remembered(() => performance.now()),
      lost: losses.counts,
      journal: () => journalState(Object.values(journalsOf(config.dataDir)), Date.now()),
      now: Date.now,
    },
    authorise: authoriseBy(access),
    about,
    apply,
    log,
    uploads: openUploads({
      config,
      weightsDir,
      log,
      onImported: async ({ id, bytes, state, report }, by) => {
        const detail = { bytes, state, calls: report?.calls ?? 0 };
        await store.appendTrail({
          at: Date.now(),
          actor: actorOf(by),
          action: 'calls-imported',
          subject: id,
          detail,
        });
      },
    }),
    giveFeedback: feedbackTaker(storage, config, weightsDir, log),
  });
  serveFiles(app, dashboardFolder());
  try {
    const server = await serve(app, config, access.isOn());
    return {
      url: server.url,
      close: async () => {
        await server.close();
        clearInterval(refreshing);
        await losses.close();
        await storage.close();
      },
    };
  } catch (error) {
    clearInterval(refreshing);
    await storage.close();
    throw error;
  }
}

/** Keeps feedback as `POST /v1/feedback` of the gateway does, without the journal. */
function feedbackTaker(
  storage: Storage,
  config: Pick<Config, 'redaction'>,
  weightsDir: string,
  log: (line: string) => void,
): (feedback: Feedback) => Promise<boolean> {
  const { store, vault, context } = storage;
  let stage: Promise<SecondStage> | null = null;
  return async (feedback) => {
    stage ??= openFinder(config, { weightsDir, log, threads: 1 }).then((finder) => stageOf(storage, finder));
    const at = Date.now();
    await vault.prepare(dayOf(at));
    const sealed = sealFeedback(feedback, at, vault, (text) => redactText(text, context));
    const { feedback: refined, keys } = await (await stage).refineFeedback([sealed]);
    return (await store.addFeedback(refined, keys)) > 0;
  };
}
