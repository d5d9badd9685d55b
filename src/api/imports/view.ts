/** An upload as the admin API tells it. */
import type { AssessReport } from '../../core/assessment.ts';
import type { ImportReport } from '../../core/import-report.ts';
import type { ImportView } from './schemas.ts';
import type { Upload } from './uploads.ts';

export function importView({ report, assessment, progress, ...upload }: Upload): ImportView {
  return {
    ...upload,
    progress: progress && {
      step: progress.step,
      subject: progress.subject ?? null,
      done: progress.done,
      total: progress.total,
      leftMs: progress.leftMs ?? null,
    },
    report: report && reportView(report),
    assessment: assessment && assessmentView(assessment),
  };
}

function reportView({ files, calls, already, untimed, skipped }: ImportReport): ImportView['report'] {
  const linesOf = (reason: string): number[] =>
    files.flatMap(({ lines }) => lines.filter((each) => each.reason === reason).map(({ line }) => line));
  return {
    formats: [...new Set(files.map(({ format }) => format))],
    calls,
    already,
    untimed,
    skipped: Object.entries(skipped)
      .map(([reason, records]) => ({ reason, records, lines: linesOf(reason) }))
      .sort((a, b) => b.records - a.records),
  };
}

function assessmentView({
  calls,
  usableCalls,
  epsilon,
  total,
  tasks,
}: AssessReport): ImportView['assessment'] {
  return {
    calls,
    usableCalls,
    epsilon,
    coverage: total.coverage,
    tasks: tasks.map(({ task, rung, why, expected }) => {
      const own = expected.find((each) => each.epsilon === epsilon);
      const { id, name, kind } = task;
      return {
        id,
        name,
        kind,
        calls: task.calls,
        rung,
        why,
        expected: own ? { mean: own.mean, low: own.low, high: own.high } : null,
        moreCalls: own?.moreCalls ?? null,
      };
    }),
  };
}
