/** The drain's process, with a fault: it dies in the second stage of a call, in the way that the call's id says. */
import { runDrainProcess } from '../../src/online/drain-process.ts';

runDrainProcess({
  everyMs: 50,
  stageFor: (stage) => ({
    ...stage,
    refine: async (calls, parts) => {
      for (const { id } of calls) {
        if (id.startsWith('crash')) setImmediate(() => process.exit(3));
        if (id.startsWith('kill')) process.kill(process.pid, 'SIGKILL');
        if (id.startsWith('loop')) for (;;);
        if (!/^[a-e]$/.test(id)) await new Promise(() => {});
      }
      return stage.refine(calls, parts);
    },
  }),
});
