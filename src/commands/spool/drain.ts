import { Command } from 'commander'
import { signals } from '../../probe/ship/endpoint.ts'
import { Shipper } from '../../probe/ship/shipper.ts'
import { FillpathError } from '../../semconv/error.ts'
import { addOptions, settingsOf } from '../options.ts'
import { durationText } from '../time-text.ts'
import { many } from '../words.ts'
import { Claim } from './claim.ts'
import { destinationFor } from './destination.ts'
import { findSpool, ownerText, spoolSettings } from './place.ts'
import { channelsIn, parseChannel, surveyBoot } from './survey.ts'
import type { AnyDestination } from '../../probe/ship/plan.ts'
import type { ShipReport } from '../../probe/ship/report.ts'
import type { Output } from '../output.ts'
import type { ExitCode } from '../exit-code.ts'
import type { SpoolFolder } from './place.ts'

const examples = `
Sends what a dead bot left in its spool, to where the bot sent it, to another receiver (OTLP/HTTP, base URL), or into the
files that the bot writes itself (their folder). The spool may have been copied to this machine. Each record is sent at
least once; what the receiver has is deleted, so that the spool is empty in the end. Ended half-way, by Ctrl-C too, the
next drain goes on where it was. A spool whose bot is alive is not touched: the bot sends by itself.

Spans that a dead bot left open are closed as interrupted, and the event trading.run.crashed tells of the crash, as at the
next start of the bot. The counters that count crashes and interrupted flows belong to a bot: drain does not raise them.

Without --to the receiver is OTEL_EXPORTER_OTLP_ENDPOINT, else the folder FILLPATH_FILES, else http://127.0.0.1:4318.
Headers, certificates, compression and timeout come from the other OTEL_EXPORTER_OTLP_ variables, also with --to.

Exit codes: 0 all was sent, 1 not all (it says why), 2 called wrongly.

Examples:
  $ fillpath spool drain --spool /var/lib/bot/fillpath-spool
  $ fillpath spool drain --spool ./copied-spool --to http://127.0.0.1:4318
  $ fillpath spool drain --to ./logs
  $ OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20abc fillpath spool drain --to https://otel.example.com`

/** `fillpath spool drain`: sends the spool of a dead bot. */
export function drainCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('drain')
    .description('send what a dead bot left in its spool, also from another machine')
    .option('--to <url|folder>', 'base URL of the receiver, or folder of the files of the bot')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples)
  addOptions(command, spoolSettings, ['spool'])
  return command.action(async (options: { readonly to?: string; readonly spool?: string }) => {
    const { spool } = settingsOf(spoolSettings, { spool: options.spool })
    const destination = destinationFor(options.to)
    // The whole of it, also where one run's folder was named: others are sent with it.
    const found = findSpool(findSpool(spool).root)
    refuseLiving(found)
    if (found.boots.length === 0) {
      tell(output, { destination, report: undefined, tookMs: 0 })
      end(0)
      return
    }
    warnOfOthers(found, destination, output)
    const startedMs = performance.now()
    const claim = new Claim(found.root, (message) => output.note(message))
    let result: Drained
    try {
      tellCrashes(await claim.take(), output)
      result = await drain(claim, destination, output)
    } finally {
      claim.leave()
    }
    tell(output, { destination, report: result.report, tookMs: performance.now() - startedMs })
    if (result.failure !== undefined) throw result.failure
    end(put(result.report) === 0 ? 0 : 1)
  })
}

function refuseLiving({ root, boots }: SpoolFolder): void {
  const living = boots.find(({ life }) => life === 'alive')
  if (living === undefined) return
  throw new FillpathError('folder_in_use', `${root} is not drained: ${ownerText(living)}`, {
    hint: 'That bot sends by itself, also what dead ones left there. See "fillpath status"; to send it from here, stop the bot first.',
  })
}

/** Another receiver that has not got everything will not get it from here: what one receiver has is deleted. */
function warnOfOthers({ boots }: SpoolFolder, { name: own }: AnyDestination, output: Output): void {
  const known = [...new Set(boots.flatMap(channelsIn))]
  const lacking = new Map<string, number>()
  if (!known.some((name) => parseChannel(name)?.destination !== own)) return
  for (const boot of boots) {
    for (const [name, { log, span, metric }] of surveyBoot(boot, known).lacks) {
      if (name !== own) lacking.set(name, (lacking.get(name) ?? 0) + log + span + metric)
    }
  }
  for (const [name, count] of lacking) {
    if (count === 0) continue
    output.note(
      `${name} has not got ${many(count, 'record')} of this spool; they go to ${own} alone`,
    )
  }
}

/** The counter of crashes is one of a bot: none counts what is found here. */
function tellCrashes(crashed: number, output: Output): void {
  if (crashed === 0) return
  const what = crashed === 1 ? '1 run had crashed' : `${crashed} runs had crashed`
  output.note(
    `${what}; "trading.run.crashed" among the logs tells of each, the counter trading.run.crashes does not count them`,
  )
}

interface Drained {
  readonly report: ShipReport
  readonly failure: FillpathError | undefined
}

/** No longer than a timer can be; what ends a flush is that nothing is left, or that nothing is taken. */
const flushMs = 2 ** 31 - 1
const showEveryMs = 200

async function drain(claim: Claim, destination: AnyDestination, output: Output): Promise<Drained> {
  let reason = ''
  const shipper = new Shipper({
    place: claim.place,
    destinations: [destination],
    forgetOthers: false,
    onNotice({ level, message }) {
      if (level === 'info') return
      reason = message
      output.note(message)
    },
    onSpoolNotice: ({ level, message }) => void (level === 'info' || output.note(message)),
    onFailure: (error) => (reason = String(error)),
  })
  const interruption = interrupted()
  const progress = output.progress(`sending to ${destination.name}`)
  const bytesAll = Math.max(1, waitingOf(shipper.report()).bytes)
  const timer = setInterval(() => {
    claim.touch()
    progress.update(1 - waitingOf(shipper.report()).bytes / bytesAll)
  }, showEveryMs)
  try {
    const sent = await Promise.race([flushAll(shipper, interruption), interruption.happened])
    const report = shipper.report()
    if (sent === true) return { report, failure: undefined }
    const { records } = waitingOf(report)
    const why = sent === 'interrupted' ? 'it was interrupted' : reason || 'it does not take them'
    const message = `${many(records, 'record')} were not sent to ${destination.name}: ${why}`
    return { report, failure: new FillpathError('not_delivered', message) }
  } finally {
    interruption.forget()
    clearInterval(timer)
    progress.done()
    await shipper.stop(0)
  }
}

/** Flushes until all is sent, or until nothing is taken any more. */
async function flushAll(shipper: Shipper, { happens }: Interruption): Promise<boolean> {
  for (;;) {
    const before = waitingOf(shipper.report()).bytes
    if (await shipper.flush(flushMs)) return true
    // A shipper that was stopped answers no flush any more.
    if (happens() || waitingOf(shipper.report()).bytes >= before) return false
  }
}

/** What waits for the channel that is the farthest behind. */
function waitingOf({ channels }: ShipReport): { readonly records: number; readonly bytes: number } {
  return {
    records: Math.max(0, ...channels.map(({ waiting }) => waiting.records)),
    bytes: Math.max(0, ...channels.map(({ waiting }) => waiting.bytes)),
  }
}

interface Interruption {
  readonly happened: Promise<'interrupted'>
  /** Has it happened? */
  readonly happens: () => boolean
  forget(): void
}

/** The first Ctrl-C ends the drain in good order. */
function interrupted(): Interruption {
  const { promise, resolve } = Promise.withResolvers<'interrupted'>()
  let has = false
  const onSignal = (): void => {
    has = true
    resolve('interrupted')
  }
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  return {
    happened: promise,
    happens: () => has,
    forget() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

/** Records that were put into the quarantine. */
function put(report: ShipReport): number {
  return report.channels.reduce((sum, { quarantined }) => sum + quarantined, report.damaged)
}

interface Told {
  readonly destination: AnyDestination
  readonly report: ShipReport | undefined
  readonly tookMs: number
}

function tell(output: Output, { destination, report, tookMs }: Told): void {
  const channels = report?.channels ?? []
  const of = (signal: string): number =>
    channels.find((channel) => channel.signal === signal)?.delivered ?? 0
  const delivered = { log: of('log'), span: of('span'), metric: of('metric') }
  const quarantined = report === undefined ? 0 : put(report)
  const waiting = report === undefined ? 0 : waitingOf(report).records
  if (output.json) {
    output.value({ to: destination.name, delivered, quarantined, waiting })
    return
  }
  const parts = signals.flatMap((signal) =>
    delivered[signal] > 0 ? [many(delivered[signal], signal)] : [],
  )
  if (parts.length === 0 && quarantined === 0 && waiting === 0)
    output.line('nothing to send: the spool is empty')
  else if (parts.length > 0)
    output.line(`${parts.join(', ')} sent to ${destination.name} in ${durationText(tookMs)}`)
  if (quarantined > 0)
    output.note(`${many(quarantined, 'record')} put aside; see "fillpath spool quarantine"`)
}
