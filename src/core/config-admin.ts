/** The configuration's section on the admin API and the dashboard. */
import { z } from 'zod';

export const adminSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Whether `understudy start` serves the dashboard and the admin API.'),
    host: z
      .string()
      .default('127.0.0.1')
      .describe('Address of the dashboard and the admin API. Default: loopback.'),
    port: z
      .int()
      .min(0)
      .max(65535)
      .default(4001)
      .describe('Port of the dashboard and the admin API; 0 picks a free one.'),
    maxUploadMb: z
      .number()
      .positive()
      .max(100_000)
      .default(500)
      .describe('Largest log file that is taken on the page or by POST /api/v1/imports, in megabytes.'),
  })
  .prefault({});
