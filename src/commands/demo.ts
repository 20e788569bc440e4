import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { deskSettings } from '../desk/settings.ts'
import { FillpathError } from '../semconv/error.ts'
import { addressOf, countsText, untilStopped, whereOf } from './desk.ts'
import { reportOf, resultLines, runLines } from './demo-report.ts'
import { RunSummary } from './demo-summary.ts'
import { addOptions, settingsOf } from './options.ts'
import type { BotReport } from './demo-report.ts'
import type { DeskHandle, DeskOptions } from '../desk/desk.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './exit-code.ts'

const examples = `
Nothing leaves this machine: the market is made by a generator, the venues are on paper, the desk is local.

Examples:
  $ npm start                                half a minute of trading, then a summary
  $ npm start -- --seed 7                    another run; the same seed is the same run
  $ npm start -- --market trades.csv --speed 10
  $ npm start -- --faults calm               nothing goes wrong at the venues
  $ npm start -- --keep                      the desk stays until Ctrl-C`

/** What the bot understands and this command hands on. */
const botOptions = ['market', 'quotes', 'symbol', 'seed', 'speed', 'duration', 'faults'] as const

type DemoOptions = { readonly [Name in (typeof botOptions)[number]]?: string } & {
  readonly keep?: boolean
}

/** `fillpath demo`, which `npm start` runs: a desk, and the reference bot that trades into it. */
export function demoCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('demo')
    .description('let the reference bot trade for half a minute into a desk of its own')
    .option('--market <file>', 'a recorded market (CSV) in place of the generated one')
    .option('--quotes <file>', 'quotes or books of the same time as the trades in --market')
    .option('--symbol <symbol>', 'of the recording, where its name does not say it')
    .option('--seed <seed>', 'another run; the same seed is the same run')
    .option('--speed <factor>', 'market seconds per second, or max')
    .option('--duration <time>', 'market time to trade for, such as 30s or 2m')
    .option('--faults <profile>', 'what goes wrong at the venues')
    .option('--keep', 'the desk stays until Ctrl-C')
    .option('--json', 'the summary as JSON')
    .addHelpText('after', examples)
  addOptions(command, deskSettings, ['data', 'httpPort', 'grpcPort'])
  return command.action(async (options: DemoOptions) => {
    const summary = new RunSummary()
    const desk = await startOnFreePorts(output, {
      ...settingsOf(deskSettings, { ...options }),
      onKept: (records) => summary.add(records),
      onNotice: (message) => output.note(`fillpath: ${message}`),
    })
    if (!output.json) output.line(opening(desk, output))
    try {
      const run = await runBot(desk, options, output)
      // What the bot was told wrongly, it has said itself.
      if (run.exitCode === 2) return end(2)
      const told = { desk, summary, bot: run.report }
      output.line(output.json ? JSON.stringify(summaryJson(told)) : closing(told, output))
      if (run.exitCode !== 0) throw botFailed(run.exitCode)
      if (options.keep === true && !run.interrupted) await keep(desk, output)
    } finally {
      await desk.stop()
    }
    end(0)
  })
}

function botFailed(exitCode: number | string): FillpathError {
  return new FillpathError('internal', `the reference bot ended with ${exitCode}`, {
    hint: 'Its last lines stand above; what it sent until then is in the files.',
  })
}

async function startOnFreePorts(output: Output, options: DeskOptions): Promise<DeskHandle> {
  const { startDesk } = await import('../desk/desk.ts')
  try {
    return await startDesk(options)
  } catch (error) {
    if (!(error instanceof FillpathError && error.code === 'port_taken')) throw error
    output.note(`fillpath: ${error.message}; this run takes free ports instead`)
    return startDesk({ ...options, httpPort: 0, grpcPort: 0 })
  }
}

/** How a run of the bot ended. */
interface BotRun {
  /** Its exit code, or the signal that ended it; 0 also when it was interrupted and closed everything. */
  readonly exitCode: number | string
  readonly interrupted: boolean
  /** What it says of itself, when it came to that. */
  readonly report: BotReport | undefined
}

/** Runs the bot to its end. Its lines go to stderr, as they come; its report is for the summary. */
async function runBot(desk: DeskHandle, options: DemoOptions, output: Output): Promise<BotRun> {
  const args = botOptions.flatMap((name) =>
    options[name] === undefined ? [] : [`--${name}`, options[name]],
  )
  // Built files stand beside built files.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const bot = fileURLToPath(new URL(`../bot/main.${extension}`, import.meta.url))
  const child = spawn(process.execPath, [bot, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: botEnvironment(desk),
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  // Ctrl-C reaches the bot too, SIGTERM is handed on: the desk stays until the bot has sent its last lines.
  const interrupts = { SIGINT: () => undefined, SIGTERM: () => child.kill('SIGTERM') }
  for (const [signal, act] of Object.entries(interrupts)) process.on(signal, act)
  try {
    const [code, signal]: (number | string | null)[] = await once(child, 'close')
    // By its number when it stopped by itself, by the signal when it had not come so far.
    const interrupted = code === 130 || code === 143 || signal === 'SIGINT' || signal === 'SIGTERM'
    if (!output.json && interrupted) output.note('')
    return {
      exitCode: interrupted ? 0 : (code ?? signal ?? 'no exit code'),
      interrupted,
      report: reportOf(text),
    }
  } finally {
    for (const [name, act] of Object.entries(interrupts)) process.off(name, act)
  }
}

/** The environment of the bot: it sends to this desk, whatever OTEL variables say of others. */
function botEnvironment(desk: DeskHandle): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('OTEL_EXPORTER_OTLP_') && name !== 'OTEL_SDK_DISABLED',
  )
  return {
    ...Object.fromEntries(own),
    FILLPATH_SPOOL_FOLDER: spoolFolderOf(desk),
    OTEL_EXPORTER_OTLP_ENDPOINT: addressOf(desk),
  }
}

/** A path as it is typed here: short below this folder, whole elsewhere. */
function fromHere(path: string): string {
  const way = relative('', path)
  return way.startsWith('..') ? path : way
}

/** Where the bot keeps what it has not sent yet. */
function spoolFolderOf(desk: DeskHandle): string {
  return process.env['FILLPATH_SPOOL_FOLDER']?.trim() || join(desk.folder, 'spool')
}

async function keep(desk: DeskHandle, output: Output): Promise<void> {
  const stopped = untilStopped()
  output.note(`The desk stays on ${addressOf(desk)} until Ctrl-C.`)
  await stopped
}

function opening(desk: DeskHandle, output: Output): string {
  return `${output.paint('bold', 'fillpath')} desk on ${addressOf(desk)}, files in ${desk.folder}\n`
}

interface Told {
  readonly desk: DeskHandle
  readonly summary: RunSummary
  readonly bot: BotReport | undefined
}

function closing({ desk, summary, bot }: Told, output: Output): string {
  // The commands work from here as they stand.
  const where = whereOf(desk)
  const shown = summary
    .worthReading()
    .map(
      ({ traceId, why }) => `  npx fillpath trace ${traceId}${where}   ${output.paint('dim', why)}`,
    )
  return [
    '',
    output.paint('bold', 'What happened'),
    ...[...runLines(bot), ...summary.lines(), ...resultLines(bot)].map((line) => `  ${line}`),
    '',
    output.paint('bold', 'What the desk has of it'),
    `  ${countsText(desk.counts())}`,
    `  files in ${desk.folder}`,
    '',
    output.paint('bold', 'Read it'),
    ...shown,
    `  npx fillpath tail --no-follow --event 'trading.order.*'${where}`,
    `  npx fillpath status --spool ${fromHere(spoolFolderOf(desk))}   ${output.paint('dim', "how the bot's telemetry stands")}`,
  ].join('\n')
}

function summaryJson({ desk, summary, bot }: Told): object {
  return { folder: desk.folder, bot: bot ?? null, ...summary.json(), counts: desk.counts() }
}
