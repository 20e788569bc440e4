/**
 * The command line: reads the words, runs the verb, and turns what went wrong into a plain sentence and an exit code.
 *
 * Exit codes: 0 fine, 1 nothing found or failed, 2 called wrongly (a word or a setting).
 */
import { Command, CommanderError } from 'commander'
import { FillpathError } from '../semconv/error.ts'
import { packageVersion } from '../semconv/version.ts'
import type { ExitCode } from './exit-code.ts'
import { Output, endOnLostOutput } from './output.ts'

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

type MakeCommand = (output: Output, end: (code: ExitCode) => void) => Command

/** The verbs in the order of the help. Each is loaded when it is called: what another one needs takes its time. */
const verbs = {
  desk: async () => (await import('./desk.ts')).deskCommand,
  trace: async () => (await import('./trace.ts')).traceCommand,
  tail: async () => (await import('./tail.ts')).tailCommand,
  query: async () => (await import('./query.ts')).queryCommand,
  import: async () => (await import('./import.ts')).importCommand,
  rebuild: async () => (await import('./rebuild.ts')).rebuildCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  spool: async () => (await import('./spool/spool.ts')).spoolCommand,
  stack: async () => (await import('./stack/stack.ts')).stackCommand,
  demo: async () => (await import('./demo.ts')).demoCommand,
  clean: async () => (await import('./clean.ts')).cleanCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
} as const satisfies Record<string, () => Promise<MakeCommand>>

/** The command that is called; all of them for the help, and for who mistook a word. */
async function commandsFor(argv: readonly string[]): Promise<MakeCommand[]> {
  const [verb = ''] = argv
  const load = new Map<string, () => Promise<MakeCommand>>(Object.entries(verbs)).get(verb)
  return load === undefined
    ? Promise.all(Object.values(verbs).map(async (each) => each()))
    : [await load()]
}

/** Runs the command in `argv` (without node and script). Never rejects. */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  endOnLostOutput()
  const output = new Output({ json: argv.includes('--json') })
  let code: ExitCode = 0
  const program = new Command('fillpath')
    .description(about.trim())
    .version(packageVersion, '-V, --version', 'say which fillpath this is')
    .addHelpText('after', examples)
    .configureHelp({ sortOptions: false, showGlobalOptions: false })
  for (const make of await commandsFor(argv)) {
    const command = make(output, (result) => {
      code = result
    })
    program.addCommand(command)
  }
  throwErrors(program)
  try {
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    return explain(error, output)
  }
}

/** Lets what is wrong with the words be thrown and told like any other error, by commands within commands too. */
function throwErrors(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined })
  for (const within of command.commands) throwErrors(within)
}

/** What Commander says: `error: unknown option '--lvel'`, and on a line of its own what may have been meant. */
function wrongWord({ message }: CommanderError): FillpathError {
  const [what = '', ...meant] = message.replace(/^error: /, '').split('\n')
  const words = [what, ...meant.map((line) => line.replaceAll(/[()]/g, ''))].join('. ')
  return new FillpathError('usage', words, { hint: 'Try --help.' })
}

function explain(error: unknown, output: Output): ExitCode {
  if (error instanceof CommanderError) {
    // The help, or the version, was asked for and is written.
    if (error.exitCode === 0) return 0
    if (error.code !== 'commander.help') output.error(wrongWord(error))
    return 2
  }
  if (error instanceof FillpathError) {
    output.error(error)
    return error.code === 'setting_invalid' || error.code === 'usage' ? 2 : 1
  }
  const unusable = unusableFile(error)
  if (unusable !== undefined) {
    output.error(unusable)
    return 1
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  output.error(new FillpathError('internal', stack))
  return 1
}

/** What the system said of a file or folder, as an error of ours; `undefined` for any other error. */
function unusableFile(error: unknown): FillpathError | undefined {
  if (!(error instanceof Error && 'syscall' in error)) return undefined
  if (error.syscall === 'uv_cwd') {
    const gone =
      'the folder that this is called in is gone, and what is to be read or written is relative to it'
    const hint = 'Go to a folder that is there, or name files and folders from the root on.'
    return new FillpathError('file_unusable', gone, { hint, cause: error })
  }
  if (!('path' in error)) return undefined
  const { message, path } = error
  const code = 'code' in error ? error.code : undefined
  const isForbidden = code === 'EACCES' || code === 'EPERM'
  return new FillpathError('file_unusable', `${String(path)} cannot be used: ${message}`, {
    ...(isForbidden && {
      hint: 'Ask with the account that wrote it, or as root: the files of a desk and of a bot are readable for it alone.',
    }),
    cause: error,
  })
}
