/**
 * The command line: reads the words, runs the verb, and turns what went wrong into a plain sentence and an exit code.
 *
 * Exit codes: 0 fine, 1 nothing found or failed, 2 called wrongly (a word or a setting).
 */
import { Command, CommanderError } from 'commander'
import { FillpathError } from '../semconv/error.ts'
import { cleanCommand } from './clean.ts'
import { deskCommand } from './desk.ts'
import { demoCommand } from './demo.ts'
import { importCommand } from './import.ts'
import { Output, endOnClosedPipe } from './output.ts'
import { queryCommand } from './query.ts'
import { rebuildCommand } from './rebuild.ts'
import { spoolCommand } from './spool/spool.ts'
import { statusCommand } from './status.ts'
import { tailCommand } from './tail.ts'
import { traceCommand } from './trace.ts'
import { verifyCommand } from './verify.ts'

/** 0 fine · 1 nothing found, or failed · 2 called wrongly. */
export type ExitCode = 0 | 1 | 2

const about = `
OpenTelemetry for trading bots: each signal-to-position flow is one trace, and nothing of it is lost.`

const examples = `
Start here:
  $ fillpath demo                    a desk and a reference bot, half a minute of trading
  $ fillpath desk                    the desk alone, for bots of your own
  $ fillpath tail                    what happens now
  $ fillpath trace 4bf92f3577b3      how a signal became orders, a hedge, a position

Exit codes: 0 fine, 1 nothing found or failed, 2 called wrongly.
Each command explains itself with --help; with --json it speaks JSON.`

/** Runs the command in `argv` (without node and script). Never rejects. */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  endOnClosedPipe()
  const output = new Output({ json: argv.includes('--json') })
  let code: ExitCode = 0
  const program = new Command('fillpath')
    .description(about.trim())
    .addHelpText('after', examples)
    .exitOverride()
    .showHelpAfterError('Try --help.')
    .configureHelp({ sortOptions: false, showGlobalOptions: false })
  for (const make of [
    deskCommand,
    traceCommand,
    tailCommand,
    queryCommand,
    importCommand,
    rebuildCommand,
    statusCommand,
    spoolCommand,
    demoCommand,
    cleanCommand,
    verifyCommand,
  ]) {
    const command = make(output, (result) => {
      code = result
    })
    program.addCommand(command.exitOverride().showHelpAfterError('Try --help.'))
  }
  try {
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    return explain(error, output)
  }
}

function explain(error: unknown, output: Output): ExitCode {
  // Commander has written its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof FillpathError) {
    output.error(error)
    return error.code === 'setting_invalid' || error.code === 'usage' ? 2 : 1
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  output.error(new FillpathError('internal', stack))
  return 1
}
