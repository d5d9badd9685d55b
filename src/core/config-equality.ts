/** Which fields of answers may differ from the LLM’s. */
import { z } from 'zod';
import { POLICIES, whyNoPolicy } from './equality-policy.ts';

export const equalitySchema = z
  .record(
    z.string(),
    z.union(
      [
        z.enum(POLICIES),
        z.strictObject({ absolute: z.number().positive() }),
        z.strictObject({ relative: z.number().gt(0).lt(1) }),
      ],
      {
        error: `no policy: it is one of ${POLICIES.join(', ')}, { absolute: 0.01 } or { relative: 0.01 }`,
      },
    ),
  )
  .superRefine((policies, context) => {
    for (const [path, policy] of Object.entries(policies)) {
      const message = whyNoPolicy(path, policy);
      if (message !== null) context.addIssue({ code: 'custom', path: [path], message });
    }
  })
  .default({})
  .describe(
    'Which fields of answers may differ from the LLM’s, and how far, by path, as in `refund.note: ignore`; see equality.md.',
  );
