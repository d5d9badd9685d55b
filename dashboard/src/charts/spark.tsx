/** A small line of the share that was served, beside a bar of the calls: for a row of a table. */
export function Spark({
  points,
}: {
  readonly points: readonly { readonly at: number; readonly calls: number; readonly served: number }[];
}) {
  const most = Math.max(1, ...points.map(({ calls }) => calls));
  const width = 96;
  const height = 22;
  const step = width / Math.max(1, points.length);
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
    >
      {points.map(({ at, calls, served }, i) => {
        const tall = (n: number): number => (n / most) * height;
        return (
          <g key={at}>
            <rect
              className="all"
              x={i * step}
              y={height - tall(calls)}
              width={Math.max(0.6, step - 0.6)}
              height={tall(calls)}
            />
            <rect
              className="part"
              x={i * step}
              y={height - tall(served)}
              width={Math.max(0.6, step - 0.6)}
              height={tall(served)}
            />
          </g>
        );
      })}
    </svg>
  );
}
