/** The stages of a deployment, each with what ended the one before. */
import type { DeploymentView } from '../../../src/api/schemas/deployments.ts';
import { at, count, percent } from '../format.ts';
import { Stage } from './basics.tsx';

export function Timeline({ deployment: { history, outlook } }: { readonly deployment: DeploymentView }) {
  return (
    <ol className="timeline">
      {history.map(({ stage, at: time, reason, numbers }, i) => (
        <li key={i} className={stage}>
          <p>
            <Stage stage={stage} /> <time className="muted">{at(time)}</time>
          </p>
          <p>{reason}</p>
          {numbers && (
            <p className="muted">
              {count(numbers.errors)} of {count(numbers.comparisons)} comparisons differ; tested against{' '}
              {percent(numbers.margin)}, evidence {numbers.evidence.toFixed(1)}
            </p>
          )}
        </li>
      ))}
      {outlook && outlook.moreComparisons !== null && (
        <li className="ahead">
          <p className="muted">
            {outlook.moreComparisons === 0 ? 'The next' : `About ${count(outlook.moreComparisons)} more`}{' '}
            comparisons show whether the error is below {percent(outlook.margin)}.
          </p>
        </li>
      )}
    </ol>
  );
}
