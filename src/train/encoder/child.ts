/** The program of the process that fine-tunes the encoder. */
import { saveLinear } from '../../models/classifier/linear.ts';
import { serveTuning } from './serve-tuning.ts';
import { tuneEncoder } from './tune.ts';

serveTuning(tuneEncoder, saveLinear);
