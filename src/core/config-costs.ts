/** The configuration's section `costs`: what the machine costs, and where prices of models come from. */
import { z } from 'zod';

export const costsSchema = z
  .strictObject({
    priceFile: z
      .string()
      .optional()
      .describe(
        'A file of prices in the format of LiteLLM’s model_prices_and_context_window.json, read as it is. `prices` comes before it, the built-in table after it.',
      ),
    machinePerHour: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'Dollars that the machine costs an hour, of which processor time takes its share by cores. Default: 0, as for a machine that is there anyway; its energy is counted beside it.',
      ),
    energyPerKwh: z.number().min(0).default(0.3).describe('Dollars for a kilowatt-hour.'),
    wattsPerCore: z
      .number()
      .positive()
      .optional()
      .describe(
        'What a busy core takes. Default: measured where the processor tells (RAPL in /sys/class/powercap), else 8 W, which is an estimate and is called one.',
      ),
  })
  .prefault({});
