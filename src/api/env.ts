/** What the handlers of the admin API are given, and the app that each group of routes is. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Permission, Principal } from '../core/access.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Feedback } from '../core/feedback.ts';
import type { Actor } from '../core/trail.ts';
import type { Authorise } from './authorise.ts';
import type { FigureSources } from './figures/sources.ts';
import type { Uploads } from './imports/uploads.ts';
import type { Session } from './schemas/overview.ts';

/** What is running. */
export type About = Pick<Session, 'version' | 'upstream' | 'gateway'>;

export interface AdminOptions {
  readonly sources: FigureSources;
  readonly authorise: Authorise;
  /** Keeps feedback; false where it was there already. */
  readonly giveFeedback: (feedback: Feedback) => Promise<boolean>;
  /** Has the gateway beside this take up what was changed; false where it did not answer. */
  readonly apply: () => Promise<boolean>;
  readonly uploads: Uploads;
  /** Where links decide on what waits (routes/decide): the key that they are signed with, Vault.approvalKey. Null: they are off. */
  readonly links: { readonly key: Uint8Array } | null;
  readonly about: About;
  readonly log: (line: string) => void;
}

/** What every handler is given. */
export interface AdminEnv {
  Variables: { readonly admin: AdminOptions; readonly principal: Principal };
}

export type AdminApp = OpenAPIHono<AdminEnv>;

/** Who asks, if they may do this. @throws UnderstudyError 'forbidden' (403). */
export function principalFor(context: Context<AdminEnv>, permission: Permission): Principal {
  return context.get('admin').authorise(context.req.raw, permission);
}

/** Who acts, for the audit trail. */
export function actorOf({ keyId, name }: Principal): Actor {
  return { kind: keyId === null ? 'user' : 'key', name, ...(keyId === null ? {} : { keyId }) };
}

/** An app for one group of routes; a request that its schema refuses is answered as any error. */
export function routes(): AdminApp {
  return new OpenAPIHono<AdminEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const issue = result.error.issues[0];
      const field = issue?.path.join('.') ?? '';
      throw new UnderstudyError('bad-input', `${field}: ${issue?.message ?? 'invalid'}`, {
        hint: 'GET /api/v1/openapi.json describes every parameter.',
        data: { field },
        status: 400,
      });
    },
  });
}
