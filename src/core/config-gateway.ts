/** How the gateway listens, and how much it reads. */
import { z } from 'zod';
import { tlsSchema } from './config-access.ts';

export const gatewaySchema = z
  .strictObject({
    host: z.string().default('127.0.0.1').describe('Address to listen on. Default: loopback.'),
    port: z.int().min(0).max(65535).default(4000).describe('Port to listen on; 0 picks a free one.'),
    maxBodyBytes: z
      .int()
      .positive()
      .default(32 * 1024 * 1024)
      .describe('Largest request body that is read.'),
    maxBufferedBytes: z
      .int()
      .positive()
      .default(256 * 1024 * 1024)
      .describe(
        'Memory for all request bodies and the copies of responses that are to be recorded. Over it, large bodies (from 256 KB) wait to be read, small ones never do, and those up to a 64th of it have an eighth of it to themselves; copies give way to bodies, and a call without its copy is relayed and counted as lost.',
      ),
    timeoutMs: z
      .int()
      .positive()
      .default(600_000)
      .describe('Longest wait for the upstream to begin its answer, and between two pieces of it.'),
    tls: tlsSchema,
    trustProxy: z
      .boolean()
      .default(false)
      .describe('Whether a proxy in front of the gateway ends TLS; needed beyond loopback without `tls`.'),
  })
  .prefault({});
