/**
 * The library: what `import … from 'understudy'` gives. Everything else may change without notice.
 */
export type { Call, CallRequest, CallResponse, Message, Tool, ToolCall, Usage } from './core/call.ts';
export { type Config, loadConfig } from './core/config.ts';
export type { EraseReport } from './core/erase-report.ts';
export { type ErrorCode, UnderstudyError } from './core/errors.ts';
export type { FeedbackInput } from './core/feedback.ts';
export type { ImportReport } from './core/import-report.ts';
export type { LearnOptions, LearnReport, TaskReport } from './core/learning.ts';
export type { OnProgress, Progress } from './core/progress.ts';
export type { StatusReport } from './core/status-report.ts';
export type { Gateway } from './gateway/gateway.ts';
export { openUnderstudy, type Understudy, type UnderstudyOptions } from './understudy.ts';
