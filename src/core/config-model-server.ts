/** What the sections that name a model at an OpenAI-compatible server share (`judge`, `prompted`). */
import { z } from 'zod';

export const serverModel = z.string().min(1).describe('The server’s name of the model.');

export const serverKey = z
  .string()
  .min(1)
  .optional()
  .describe('Key for the server, where it wants one; best filled in from the environment.');

/** @param otherwise What holds where it is left out. */
export const serverPrice = (otherwise: string) =>
  z
    .strictObject({
      input_cost_per_token: z.number().nonnegative(),
      output_cost_per_token: z.number().nonnegative(),
    })
    .optional()
    .describe(`Dollars per token, in the format of LiteLLM’s table. Default: ${otherwise}`);
