/** The configuration's section on the admin API and the dashboard. */
import { z } from 'zod';

/** Whether nobody reads what is sent there on its way: in the clear on this machine alone. */
export function isSafeUrl(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

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
    publicUrl: z
      .url({ protocol: /^https?$/ })
      .refine(isSafeUrl, 'use https: whoever reads such a link on its way may decide')
      .optional()
      .describe(
        'Address of the admin API as people reach it, for links by which a person approves or refuses a deployment: alerts then carry them (learning.md). A proxy has to forward `/decide` alone. Default: no links.',
      ),
    linkHours: z
      .int()
      .min(1)
      .max(24 * 30)
      .default(72)
      .describe('How long such a link can be used, in hours.'),
  })
  .prefault({});
