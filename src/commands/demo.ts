import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { startDesk } from '../desk/desk.ts'
import { deskSettings } from '../desk/settings.ts'
import { FillpathError } from '../semconv/error.ts'
import { addressOf, countsText, untilStopped } from './desk.ts'
import { RunSummary } from './demo-summary.ts'
import { addOptions, settingsOf } from './options.ts'
import type { DeskHandle, DeskOptions } from '../desk/desk.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './program.ts'

const examples = `
Nothing leaves this machine: the market is made by a generator, the venues are on paper, the desk is local.

Examples:
  $ npm start                                half a minute of trading, then a summary
  $ npm start -- --seed 7                    another run; the same seed is the same run
  $ npm start -- --market trades.csv --speed 10
  $ npm start -- --faults heavy              more rejects, timeouts and failed hedges
  $ npm start -- --keep                      the desk stays until Ctrl-C`

/** What the bot understands and this command hands on. */
const botOptions = ['market', 'seed', 'speed', 'duration', 'faults'] as const

type DemoOptions = { readonly [Name in (typeof botOptions)[number]]?: string } & {
  readonly keep?: boolean
}

/** `fillpath demo`, which `npm start` runs: a desk, and the reference bot that trades into it. */
export function demoCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('demo')
    .description('let the reference bot trade for half a minute into a desk of its own')
    .option('--market <file>', 'a recorded market (CSV) in place of the generated one')
    .option('--seed <number>', 'another run; the same seed is the same run')
    .option('--speed <factor>', 'how fast market time passes')
    .option('--duration <time>', 'how long to trade, in market time, such as 2m')
    .option('--faults <level>', 'how often venues fail')
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
    let failure: string | undefined
    try {
      failure = await runBot(desk, options, output)
      output.line(
        output.json ? JSON.stringify(summaryJson(desk, summary)) : closing(desk, summary, output),
      )
      if (options.keep === true && failure === undefined) await keep(desk, output)
    } finally {
      await desk.stop()
    }
    if (failure !== undefined) {
      throw new FillpathError('internal', `the reference bot ended with ${failure}`, {
        hint: 'Its last lines stand above; its telemetry is in the files all the same.',
      })
    }
    end(0)
  })
}

async function startOnFreePorts(output: Output, options: DeskOptions): Promise<DeskHandle> {
  try {
    return await startDesk(options)
  } catch (error) {
    if (!(error instanceof FillpathError && error.code === 'port_taken')) throw error
    output.note(`fillpath: ${error.message}; this run takes free ports instead`)
    return startDesk({ ...options, httpPort: 0, grpcPort: 0 })
  }
}

/** Runs the bot to its end; how it failed, or undefined. */
async function runBot(
  desk: DeskHandle,
  options: DemoOptions,
  output: Output,
): Promise<string | undefined> {
  const args = botOptions.flatMap((name) =>
    options[name] === undefined ? [] : [`--${name}`, options[name]],
  )
  // Built files stand beside built files.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const bot = fileURLToPath(new URL(`../bot/main.${extension}`, import.meta.url))
  const child = spawn(process.execPath, [bot, ...args], {
    // With --json, stdout is for the summary alone.
    stdio: ['ignore', output.json ? 2 : 'inherit', 'inherit'],
    env: botEnvironment(addressOf(desk)),
  })
  // Ctrl-C reaches the bot too; the desk stays until the bot has sent its last lines.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  const waiting = (): void => undefined
  process.on('SIGINT', waiting)
  process.on('SIGTERM', pass)
  try {
    const [code, signal]: (number | string | null)[] = await once(child, 'exit')
    if (code === 0 || code === 130 || code === 143) return undefined
    return signal === null || signal === undefined ? `exit code ${code}` : `signal ${signal}`
  } finally {
    process.off('SIGINT', waiting)
    process.off('SIGTERM', pass)
  }
}

/** The environment of the bot: it sends to this desk, whatever OTEL variables say of others. */
function botEnvironment(endpoint: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('OTEL_EXPORTER_OTLP_') && name !== 'OTEL_SDK_DISABLED',
  )
  return { ...Object.fromEntries(own), OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
}

async function keep(desk: DeskHandle, output: Output): Promise<void> {
  output.note(`The desk stays on ${addressOf(desk)} until Ctrl-C.`)
  await untilStopped()
}

function opening(desk: DeskHandle, output: Output): string {
  return `${output.paint('bold', 'fillpath')} desk on ${addressOf(desk)}, files in ${desk.folder}\n`
}

function closing(desk: DeskHandle, summary: RunSummary, output: Output): string {
  const shown = summary
    .worthReading()
    .map(({ traceId, why }) => `  npx fillpath trace ${traceId}   ${output.paint('dim', why)}`)
  return [
    '',
    output.paint('bold', 'What happened'),
    ...summary.lines().map((line) => `  ${line}`),
    `  ${countsText(desk.counts())}`,
    '',
    output.paint('bold', 'Read it'),
    ...shown,
    `  npx fillpath tail --no-follow --event 'trading.order.*'`,
    `  files: ${desk.folder}`,
  ].join('\n')
}

function summaryJson(desk: DeskHandle, summary: RunSummary): object {
  return { folder: desk.folder, ...summary.json(), counts: desk.counts() }
}
