/** The program of the drain's process (drain-process.ts). */
import { runDrainProcess } from './drain-process.ts';

runDrainProcess();
