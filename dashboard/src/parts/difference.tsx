/** Two texts side by side, with the words marked that one has and the other has not. */
import { differing } from '../difference.ts';

interface Side {
  readonly name: string;
  readonly text: string;
}

export function Difference({ left, right }: { readonly left: Side; readonly right: Side }) {
  const [mine, theirs] = differing(left.text, right.text);
  const sides = [
    { side: left, pieces: mine, mark: 'removed' },
    { side: right, pieces: theirs, mark: 'added' },
  ] as const;
  return (
    <div className="difference">
      {sides.map(({ side, pieces, mark }) => (
        <div key={side.name}>
          <h4>{side.name}</h4>
          <pre>
            {pieces.map(({ text, isShared }, i) =>
              isShared ? (
                <span key={i}>{text}</span>
              ) : (
                <mark key={i} className={mark}>
                  {text}
                </mark>
              ),
            )}
          </pre>
        </div>
      ))}
    </div>
  );
}
