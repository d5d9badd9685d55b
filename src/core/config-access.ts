/** The part of the configuration that says who is let in: access keys, hosts, origins, TLS. */
import { z } from 'zod';

export const accessSchema = z
  .strictObject({
    keys: z
      .enum(['auto', 'required', 'off'])
      .default('auto')
      .describe(
        'Whether callers need an access key: `auto`: as soon as one has been made; `required`: always, and the first start makes an admin key; `off`: never, on loopback alone. See access.md.',
      ),
    hosts: z
      .array(z.string().regex(/^[\w.-]+$|^[\da-fA-F:]+$/, 'a host name or address, without a port'))
      .default([])
      .describe(
        'Names, beside those of loopback, by which the gateway is reached without a key (the Host header).',
      ),
    origins: z
      .array(z.string().regex(/^https?:\/\/[^/\s]+$/, 'an origin is like https://app.example.com'))
      .default([])
      .describe('Origins of web pages that may call the gateway from a browser (CORS). Default: none.'),
  })
  .prefault({});

export const tlsSchema = z
  .strictObject({
    cert: z.string().min(1).describe('File with a certificate chain (PEM): the gateway then speaks HTTPS.'),
    key: z.string().min(1).describe('File with its private key (PEM).'),
  })
  .optional();
