import { Command } from 'commander'
import { zoneOf } from '../archive/zone.ts'
import { priorityClasses } from '../semconv/classes.ts'
import { signals } from '../wire/frame.ts'
import { addOptions, settingsOf } from './options.ts'
import { sizeText } from './size-text.ts'
import { freeBytesIfFull } from './spool/disk-room.ts'
import { findSpool, ownerText, spoolSettings } from './spool/place.ts'
import { identityText, lifeText, lostText, runsIn } from './spool/runs.ts'
import { troublesOf } from './spool/troubles.ts'
import { putAsideIn } from './spool/put-aside.ts'
import { channelsIn, surveyBoot } from './spool/survey.ts'
import { durationText } from './time-text.ts'
import { many } from './words.ts'
import type { Zone } from '../archive/zone.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './exit-code.ts'
import type { SpoolFolder } from './spool/place.ts'
import type { KnownRun } from './spool/runs.ts'
import type { BootSurvey, BySignal } from './spool/survey.ts'
import type { Trouble } from './spool/troubles.ts'

const examples = `
Reads the spool of a running or dead bot and changes nothing: for each run whether its process is alive, what waits for
which receiver, since when, and what was damaged or refused. Then the runs, how each ended (in good order, or by a crash
that the next start found), with which code and configuration, and how many records it lost, by class and reason: at the
quota, on a full disk. What a receiver has is taken from its last checkpoint, and losses from a note, both up to a second
old.

Exit codes: 0 all is well, 1 something needs you (it says what to do), 2 called wrongly.

Examples:
  $ fillpath status
  $ fillpath status --spool /var/lib/bot/fillpath-spool
  $ fillpath status --json | jq '.runs[] | {pid, waiting}'
  $ fillpath status --json | jq '.history[] | select(.life != "ended")'
  $ fillpath status > /dev/null || echo "look at the bot"    in a cron job`

/** `fillpath status`: how a bot's telemetry stands, by its spool. */
export function statusCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('status')
    .description('say how the telemetry of a running or dead bot stands: what waits, what was lost')
    .option('--json', 'everything that is known, as JSON')
    .addHelpText('after', examples)
  addOptions(command, spoolSettings, ['spool', 'timeZone'])
  return command.action((options: Readonly<Record<string, unknown>>) => {
    const { spool, timeZone } = settingsOf(spoolSettings, options)
    const zone = zoneOf(timeZone)
    const status = statusOf(findSpool(spool))
    if (output.json) output.value(statusJson(status))
    else draw(output, status, zone)
    end(status.troubles.length === 0 ? 0 : 1)
  })
}

interface Status {
  readonly spool: SpoolFolder
  readonly runs: readonly BootSurvey[]
  /** All runs that are known, also those that have no records here any more; the newest first. */
  readonly history: readonly KnownRun[]
  readonly quarantined: number
  readonly troubles: readonly Trouble[]
}

function statusOf(spool: SpoolFolder): Status {
  const known = [...new Set(spool.boots.flatMap(channelsIn))]
  const runs = spool.boots.map((boot) => surveyBoot(boot, known))
  const problems: string[] = []
  let quarantined = 0
  for (const { note } of putAsideIn(spool.quarantine, (problem) => problems.push(problem)))
    quarantined += note.records
  const { root } = spool
  const history = runsIn(root, spool.boots)
  const rest = { quarantined, problems, freeBytesIfFull: freeBytesIfFull(root) }
  const troubles = troublesOf({ root, runs, history, ...rest })
  return { spool, runs, history, quarantined, troubles }
}

function draw(output: Output, status: Status, zone: Zone): void {
  const { spool, runs, history, quarantined, troubles } = status
  const install = spool.install === '' ? '' : `, installation ${spool.install.slice(0, 8)}`
  output.line(`${output.paint('bold', `spool ${spool.root}`)}${install}`)
  if (runs.length === 0) output.line('  no run has records here: all were delivered, or none began')
  for (const run of runs) {
    output.line('')
    for (const line of runLines(run, output, zone)) output.line(line)
  }
  drawHistory(output, history, zone)
  if (quarantined > 0) output.line(`\n  quarantine  ${many(quarantined, 'record')}`)
  output.line('')
  const hasLost = history.some(
    ({ boot, lost }) => lost && runs.some((run) => run.boot.boot === boot),
  )
  const well = hasLost ? 'all is well now, but for what was lost' : 'all is well'
  if (troubles.length === 0) output.line(`${output.paint('green', well)}${words(runs)}`)
  for (const { message, hint } of troubles) {
    output.line(`${output.paint('red', '!')} ${message}`)
    output.line(`  ${hint}`)
  }
}

const historyLines = 5

function drawHistory(output: Output, history: readonly KnownRun[], zone: Zone): void {
  if (history.length === 0) return
  const more = history.length > historyLines ? ` (${historyLines} of ${history.length})` : ''
  output.line(`\n  runs${more}`)
  for (const run of history.slice(0, historyLines)) {
    const began = zone.time(BigInt(Date.parse(run.started)) * 1_000_000n)
    output.line(`  ${began}  pid ${run.pid} ${lifeText(run)}`)
    output.line(`    ${output.paint('dim', identityText(run))}`)
    const lost = lostText(run)
    if (lost !== '') output.line(`    ${output.paint('yellow', lost)}`)
  }
}

/** A line about what waits although all is well. */
function words(runs: readonly BootSurvey[]): string {
  const waiting = runs.reduce((sum, run) => sum + run.waitingRecords, 0)
  return waiting === 0
    ? ''
    : `: the bot is sending ${many(waiting, 'record')}, or waits for a receiver`
}

function runLines(run: BootSurvey, output: Output, zone: Zone): string[] {
  const { boot, segments, bytes, reserveBytes, damage, problems } = run
  const { started } = boot.writer
  const since =
    started === undefined ? '' : `, began ${zone.time(BigInt(Date.parse(started)) * 1_000_000n)}`
  const mark = output.paint(boot.life === 'alive' ? 'green' : 'yellow', '●')
  const row = (name: string, text: string): string => `  ${name.padEnd(10)}  ${text}`
  const lines = [`${mark} ${ownerText(boot)}${since}  ${output.paint('dim', `run ${boot.boot}`)}`]
  lines.push(row('waiting', waitingText(run)))
  for (const [name, lacks] of run.lacks) {
    const parts = signalText(lacks)
    const never = run.isAcknowledged ? '' : ', and has acknowledged nothing yet'
    lines.push(
      row('receiver', `${name} ${parts === '' ? 'has everything' : `lacks ${parts}${never}`}`),
    )
  }
  if (run.lacks.size === 0) lines.push(row('receiver', 'none has acknowledged anything yet'))
  const reserve = reserveBytes === 0 ? 'no reserve' : `${sizeText(reserveBytes)} of it reserve`
  lines.push(row('on disk', `${sizeText(bytes)}, ${many(segments, 'segment')}, ${reserve}`))
  if (boot.seenMs !== undefined)
    lines.push(row('last seen', `${durationText(Math.max(0, Date.now() - boot.seenMs))} ago`))
  if (damage.length > 0) lines.push(row('damaged', many(damage.length, 'place')))
  for (const problem of problems) lines.push(row('unread', problem))
  return lines
}

function waitingText({ waiting, waitingRecords, oldestMs }: BootSurvey): string {
  if (waitingRecords === 0) return 'nothing'
  const classes = priorityClasses.flatMap((each) => {
    const parts = signalText(waiting[each])
    return parts === '' ? [] : [`${each} ${parts}`]
  })
  return `${many(waitingRecords, 'record')}, the oldest for ${durationText(oldestMs)}: ${classes.join('; ')}`
}

function signalText(counts: Readonly<BySignal>): string {
  return signals
    .filter((signal) => counts[signal] > 0)
    .map((signal) => many(counts[signal], signal))
    .join(', ')
}

function statusJson({ spool, runs, history, quarantined, troubles }: Status): unknown {
  return {
    ok: troubles.length === 0,
    root: spool.root,
    install: spool.install,
    quarantined,
    runs: runs.map((run) => ({
      boot: run.boot.boot,
      folder: run.boot.path,
      life: run.boot.life,
      pid: run.boot.pid ?? null,
      writer: run.boot.writer,
      lastSeen: run.boot.seenMs === undefined ? null : new Date(run.boot.seenMs).toISOString(),
      records: run.records,
      waiting: { records: run.waitingRecords, oldestMs: run.oldestMs, ...run.waiting },
      receivers: [...run.lacks].map(([name, lacks]) => ({ name, lacks })),
      segments: run.segments,
      bytes: run.bytes,
      reserveBytes: run.reserveBytes,
      damage: run.damage.map((each) => ({ ...each, records: each.records ?? null })),
      unreadable: run.problems,
    })),
    history: history.map(({ life, ...manifest }) => ({ ...manifest, life })),
    troubles,
  }
}
