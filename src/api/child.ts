/** The program of the admin API's process (process.ts). */
import { runAdminProcess } from './process.ts';

runAdminProcess();
