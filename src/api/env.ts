/** What the handlers of the admin API are given, and the app that each group of routes is. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { UnderstudyError } from '../core/errors.ts';
import type { Feedback } from '../core/feedback.ts';
import type { Authorise, Principal } from './authorise.ts';
import type { FigureSources } from './figures/sources.ts';
import type { Session } from './schemas.ts';

export interface AdminOptions {
  readonly sources: FigureSources;
  readonly authorise: Authorise;
  /** Whether it listens on loopback. */
  readonly isLoopback: boolean;
  /** Keeps feedback; false where it was there already. */
  readonly giveFeedback: (feedback: Feedback) => Promise<boolean>;
  readonly about: Omit<Session, 'name' | 'role'>;
  readonly log: (line: string) => void;
}

/** What every handler is given. */
export interface AdminEnv {
  Variables: { readonly admin: AdminOptions; readonly principal: Principal };
}

export type AdminApp = OpenAPIHono<AdminEnv>;

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
