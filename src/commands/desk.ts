import { resolve } from 'node:path'
import { Command } from 'commander'
import { deskSettings } from '../desk/settings.ts'
import { dataFolderDefault } from '../wire/paths.ts'
import { misspeltVariables } from '../wire/settings.ts'
import { addOptions, settingsOf } from './options.ts'
import type { DeskCounts, DeskHandle } from '../desk/desk.ts'
import { many } from './words.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './exit-code.ts'

const examples = `
Bots send to it with no setting at all: OTLP/HTTP 4318 and OTLP/gRPC 4317 are where every OpenTelemetry SDK looks.
A request is answered once its records are in the files.

Examples:
  $ fillpath desk
  $ fillpath desk --data /var/lib/fillpath --time-zone Europe/Berlin
  $ fillpath desk --http-port 0 --grpc-port 0 --json         free ports, told on the first line
  $ fillpath desk --categories 'hedge-trouble: event=trading.hedge.* level=warn'   a file of one's own
  $ FILLPATH_DESK_TOKEN=… fillpath desk --host 0.0.0.0       for bots on other machines`

/** `fillpath desk`: the embedded collector alone. */
export function deskCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('desk')
    .description('receive what bots send (OTLP over HTTP and gRPC) and keep it in files')
    .option('--no-index', 'leave the SQLite index to "fillpath query", which reads what is new')
    .option('--json', 'say what happens in JSON lines')
    .addHelpText('after', examples)
  addOptions(command, deskSettings, [
    'data',
    'host',
    'httpPort',
    'grpcPort',
    'timeZone',
    'allowHosts',
    'bodyMax',
    'durable',
    'fileMax',
    'dataMax',
    'diskFreeMin',
    'snapshotsEvery',
    'archiveAfterDays',
    'deleteAfterDays',
    'categories',
  ])
  return command.action(async (options: Readonly<Record<string, unknown>>) => {
    // Loaded here, so that the commands that only read start at once.
    const { startDesk } = await import('../desk/desk.ts')
    for (const slip of misspeltVariables([deskSettings])) tell(output, slip)
    const desk = await startDesk({
      ...settingsOf(deskSettings, options),
      index: options['index'] !== false,
      onNotice: (message) => tell(output, message),
    })
    const stopped = untilStopped()
    output.line(output.json ? JSON.stringify(started(desk)) : banner(desk, output))
    const reason = await stopped
    await desk.stop()
    output.line(
      output.json
        ? JSON.stringify({ event: 'stopped', reason, ...desk.counts() })
        : countsText(desk.counts()),
    )
    end(0)
  })
}

/** Resolves with the first signal that ends a process; a second one ends it at once. */
export async function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve(signal))
    }
  })
}

/** Where a desk is reached. */
export function addressOf(desk: DeskHandle): string {
  const host = desk.host.includes(':') ? `[${desk.host}]` : desk.host
  return `http://${host}:${desk.ports.http}`
}

/** What a command needs to find the files of a desk from here: nothing when they are where it looks anyway. */
export function whereOf(desk: DeskHandle): string {
  return desk.folder === resolve(dataFolderDefault) ? '' : ` --data ${desk.folder}`
}

/** What a desk kept, in one line. */
export function countsText(counts: DeskCounts): string {
  const more = [
    counts.duplicates > 0 ? `${many(counts.duplicates, 'duplicate')} left out` : '',
    counts.snapshotsLeftOut > 0
      ? `${many(counts.snapshotsLeftOut, 'order-book snapshot')} left out`
      : '',
    counts.refused > 0 ? `${many(counts.refused, 'request')} refused` : '',
    counts.recordsRejected > 0 ? `${many(counts.recordsRejected, 'record')} rejected` : '',
  ].filter((text) => text !== '')
  const kept = [
    many(counts.logs, 'log record'),
    many(counts.spans, 'span'),
    many(counts.metricPoints, 'metric point'),
  ]
  return [`kept ${kept.join(', ')}`, ...more].join('; ')
}

function started(desk: DeskHandle): object {
  const { host, ports, folder } = desk
  return { event: 'started', host, ports, folder, pid: process.pid }
}

function banner(desk: DeskHandle, output: Output): string {
  const host = desk.host.includes(':') ? `[${desk.host}]` : desk.host
  return [
    output.paint('bold', 'fillpath desk is listening.'),
    `  OTLP/HTTP  ${addressOf(desk)}`,
    `  OTLP/gRPC  ${host}:${desk.ports.grpc}`,
    `  files      ${desk.folder}`,
    output.paint(
      'dim',
      `  In another terminal: npx fillpath tail${whereOf(desk)}    Ctrl-C stops it.`,
    ),
  ].join('\n')
}

function tell(output: Output, message: string): void {
  output.note(output.json ? JSON.stringify({ event: 'notice', message }) : `fillpath: ${message}`)
}
