/**
 * The command line as a whole: every command adds itself to one commander program. cli.ts runs it, scripts/docs.ts
 * makes docs/cli.md from it.
 */
import { Command } from 'commander';
import { version } from '../setup/version.ts';
import { addAssess } from './assess.ts';
import { addAudit } from './audit.ts';
import { addCompletion } from './completion.ts';
import type { Terminal } from './context.ts';
import { addControl } from './control.ts';
import { addDemo } from './demo.ts';
import { addDoctor } from './doctor.ts';
import { addErase } from './erase.ts';
import { addExplain } from './explain.ts';
import { addExport } from './export.ts';
import { addFeedback } from './feedback.ts';
import { addImport } from './import.ts';
import { addInit } from './init.ts';
import { addJobs } from './jobs.ts';
import { addKeys } from './keys.ts';
import { addLearn } from './learn.ts';
import { addMasterKey } from './master-key.ts';
import { addMcp } from './mcp.ts';
import { addModels } from './models.ts';
import { addSavings } from './savings.ts';
import { addStart } from './start.ts';
import { addStatus } from './status.ts';
import { addSuspects } from './suspects.ts';
import { addTasks } from './tasks.ts';
import { addValidate } from './validate.ts';

export function buildProgram(terminal: Terminal): Command {
  const program = new Command('understudy')
    .description(
      'Small language models take over the routine calls of your agents, with proof; the LLM stays behind them.',
    )
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help on a command')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHelpWidth: () => terminal.width,
      getErrHelpWidth: () => terminal.width,
    })
    .addHelpText(
      'after',
      `
The loop:
  agents call the gateway (start) or hand over their logs (import); learn finds the routine calls, trains a small
  model for each, proves it on held-back calls, and lets those that pass take over. Whatever they are unsure of
  goes to the LLM.

Examples:
  $ understudy                              at a terminal: three questions, then it starts
  $ understudy demo                         the whole loop in minutes: no key, no account
  $ understudy start                        put the gateway in front of your agent …
  $ export OPENAI_BASE_URL=http://127.0.0.1:4000/v1                  … where your agent runs: the one line of change
  $ understudy import logs/ && understudy assess                     what could be replaced, from logs you have
  $ understudy learn --task triage          train, prove and deploy

Exit codes: 0 done, 1 an error, 2 a wrong command line, 130 interrupted.`,
    );
  addInit(program, terminal);
  addDemo(program, terminal);
  addStart(program, terminal);
  addImport(program, terminal);
  addAssess(program, terminal);
  addLearn(program, terminal);
  addStatus(program, terminal);
  addSuspects(program, terminal);
  addExplain(program, terminal);
  addSavings(program, terminal);
  addJobs(program, terminal);
  addControl(program, terminal);
  addTasks(program, terminal);
  addFeedback(program, terminal);
  addExport(program, terminal);
  addErase(program, terminal);
  addModels(program, terminal);
  addKeys(program, terminal);
  addAudit(program, terminal);
  addMasterKey(program, terminal);
  addMcp(program, terminal, buildProgram);
  addDoctor(program, terminal);
  addValidate(program, terminal);
  addCompletion(program, terminal);
  return program;
}
