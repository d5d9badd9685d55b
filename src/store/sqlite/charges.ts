/** What others were paid for single requests, in SQLite. */
import type { ChargeFor, ChargeStore } from '../../core/charge.ts';
import type { Database } from './database.ts';

export function chargeTable(database: Database): ChargeStore {
  return {
    addCharges: async (charges) => {
      database.transaction(() => {
        for (const charge of charges)
          database.run(
            `INSERT INTO charges (day, what, model, requests, prompt_tokens, completion_tokens, dollars, unpriced)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (day, what, model) DO UPDATE SET
               requests = requests + excluded.requests,
               prompt_tokens = prompt_tokens + excluded.prompt_tokens,
               completion_tokens = completion_tokens + excluded.completion_tokens,
               dollars = dollars + excluded.dollars,
               unpriced = unpriced + excluded.unpriced`,
            charge.day,
            charge.for,
            charge.model,
            charge.requests,
            charge.promptTokens,
            charge.completionTokens,
            charge.dollars,
            charge.unpriced,
          );
      });
    },
    charges: async (since) =>
      database
        .all('SELECT * FROM charges WHERE day >= ? ORDER BY day, what, model', since ?? '')
        .map((row) => ({
          day: String(row.day),
          for: String(row.what) as ChargeFor,
          model: String(row.model),
          requests: Number(row.requests),
          promptTokens: Number(row.prompt_tokens),
          completionTokens: Number(row.completion_tokens),
          dollars: Number(row.dollars),
          unpriced: Number(row.unpriced),
        })),
  };
}
