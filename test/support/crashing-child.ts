/** A model process that comes up once, and crashes at each later start. It notes each start in the encoder's folder. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

process.once('message', (settings: { readonly encoderDir: string }) => {
  const notes = join(settings.encoderDir, 'starts');
  appendFileSync(notes, '.');
  if (readFileSync(notes, 'utf8').length > 1) process.exit(3);
  process.send?.({ port: 1 });
});
process.once('disconnect', () => process.exit(0));
