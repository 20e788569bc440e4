import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { zoneOf } from '../../archive/zone.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import { FillpathError } from '../../semconv/error.ts'
import { signals } from '../../wire/frame.ts'
import { encodeLine } from '../../wire/line.ts'
import { decodeSegmentHeader } from '../../wire/segment.ts'
import { addOptions, settingsOf } from '../options.ts'
import { many } from '../words.ts'
import { decodePayload } from './decode.ts'
import { fileAt } from './ls.ts'
import { findSpool, isFile, spoolSettings } from './place.ts'
import { recordLine } from './record-line.ts'
import { segmentsIn } from './scan.ts'
import { StoredRecords } from './stored-records.ts'
import type { PriorityClass } from '../../semconv/classes.ts'
import type { Signal } from '../../wire/frame.ts'
import type { WireRecord } from '../../wire/record.ts'
import type { Output } from '../output.ts'
import type { ExitCode } from '../exit-code.ts'
import type { SegmentFile } from './scan.ts'
import type { StoredRecord } from './stored-records.ts'

const examples = `
Shows what is on disk, in the order in which it was recorded, whether a receiver has it already or not. With --json each
record is a line of the form that the desk's files have, lossless. Nothing is changed; the bot may be running.

Examples:
  $ fillpath spool cat
  $ fillpath spool cat --class critical --signal log
  $ fillpath spool cat fillpath-spool/9f…e1.nobody/critical-00000001.seg
  $ fillpath spool cat --json > left.jsonl && fillpath import left.jsonl`

interface CatOptions {
  readonly class?: PriorityClass
  readonly signal?: Signal
}

/** `fillpath spool cat`: the records. */
export function catCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('cat')
    .description('show the records in a spool, of a running bot or a dead one')
    .argument('[path]', "a spool folder, one run's folder, or a segment file; without it --spool")
    .addOption(new Option('--class <class>', 'records of one class').choices([...priorityClasses]))
    .addOption(new Option('--signal <signal>', 'records of one signal').choices([...signals]))
    .option('--json', 'one record a line, as JSON')
    .addHelpText('after', examples)
  addOptions(command, spoolSettings, ['spool', 'timeZone'])
  return command.action((path: string | undefined, options: CatOptions) => {
    const { spool, timeZone } = settingsOf(spoolSettings, { ...options })
    const zone = zoneOf(timeZone)
    const print = (record: WireRecord): void =>
      output.line(output.json ? encodeLine(record) : recordLine(record, { zone, output }))
    const { shown, bad, damage } = show(runsAt(path ?? spool), options, { print, output })
    if (damage > 0) {
      output.note(`${many(damage, 'place')} cannot be read; "fillpath spool verify" says where`)
    }
    if (shown === 0) output.note('there is no such record in the spool')
    end(shown === 0 || bad + damage > 0 ? 1 : 0)
  })
}

/** The segments of each run that is meant. */
function runsAt(path: string): SegmentFile[][] {
  if (!isFile(path)) {
    return findSpool(path).boots.map(segmentsIn)
  }
  const file = fileAt(path)
  const { header } = decodeSegmentHeader(readFileSync(path))
  if (header?.class === 'quarantined') {
    throw new FillpathError('usage', `${path} is a quarantine, not a segment`, {
      hint: 'Read it with "fillpath spool quarantine cat".',
    })
  }
  return [[file]]
}

interface Shown {
  shown: number
  /** Whole frames whose payload is no record. */
  bad: number
  damage: number
}

function show(
  runs: readonly (readonly SegmentFile[])[],
  wanted: CatOptions,
  { print, output }: { print: (record: WireRecord) => void; output: Output },
): Shown {
  const result: Shown = { shown: 0, bad: 0, damage: 0 }
  for (const files of runs) {
    const stored = new StoredRecords(files)
    for (const record of stored.all()) {
      if (wanted.class !== undefined && record.class !== wanted.class) continue
      if (wanted.signal !== undefined && record.signal !== wanted.signal) continue
      const records = tryDecode(record, output)
      if (records === undefined) result.bad += 1
      for (const each of records ?? []) print(each)
      result.shown += records?.length ?? 0
    }
    for (const problem of stored.problems) output.note(problem)
    result.damage += stored.damage + stored.problems.length
  }
  return result
}

function tryDecode(
  { signal, origin, payload, path, offset }: StoredRecord,
  output: Output,
): readonly WireRecord[] | undefined {
  try {
    return decodePayload(signal, origin, [payload])
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    output.note(`${path}:${offset}: no record can be made of this one: ${reason}`)
    return undefined
  }
}
