/** What trainings may take, and what they begin from. */
import { z } from 'zod';

export const trainSchema = z
  .strictObject({
    threads: z.int().positive().optional().describe('Threads for training. Default: all cores.'),
    memoryGb: z
      .number()
      .positive()
      .optional()
      .describe(
        'Most memory that training a language model may take, in GB. Default: half of the machine’s.',
      ),
    base: z
      .string()
      .default('smollm2-135m-instruct-q4_1')
      .describe(
        'Base model of language-model specialists, by its name in the catalogue (base-models.md). To name one is to accept its licence.',
      ),
    encoder: z
      .string()
      .default('all-minilm-l6-v2')
      .describe(
        'Encoder, by its name in the catalogue; `multilingual-e5-small-q4` for other languages than English. Specialists that were trained on another are not served.',
      ),
    minutes: z
      .number()
      .positive()
      .default(60)
      .describe(
        'Time budget of one learning run for trainings that take minutes: the encoder, language models.',
      ),
    seed: z.int().default(1).describe('Seed of everything that draws at random.'),
    peft: z
      .strictObject({
        python: z
          .string()
          .min(1)
          .describe('A Python with PyTorch and PEFT, which then trains the LoRA rung; see trainers.md.'),
        method: z
          .enum(['lora', 'qlora'])
          .default('lora')
          .describe('qlora holds the base in 4 bits while training; it needs a GPU and `model`.'),
        model: z
          .string()
          .optional()
          .describe('Hugging Face folder of the base model, to train on instead of the file that serves.'),
        device: z.enum(['cpu', 'cuda']).optional().describe('Default: a GPU where there is one.'),
      })
      .optional(),
    hosted: z
      .strictObject({
        baseUrl: z
          .url({ protocol: /^https?$/ })
          .describe('A fine-tuning provider, with its version path. Examples and calls are sent to it.'),
        model: z.string().min(1).describe('The provider’s name of the model to fine-tune.'),
        apiKey: z.string().min(1).describe('Key for the provider; best filled in from the environment.'),
        api: z
          .enum(['openai', 'together'])
          .default('openai')
          .describe('Whose fine-tuning API it keeps; see trainers.md.'),
      })
      .optional(),
  })
  .prefault({});
