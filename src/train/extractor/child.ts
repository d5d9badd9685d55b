/** The program of the process that fine-tunes an extractor. */
import { saveExtractor } from '../../models/extractor/model.ts';
import { serveTuning } from '../encoder/serve-tuning.ts';
import { tuneExtractor } from './tune.ts';

serveTuning(tuneExtractor, saveExtractor);
