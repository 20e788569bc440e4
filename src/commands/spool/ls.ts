import { basename, resolve } from 'node:path'
import { Command } from 'commander'
import { parseSegmentName } from '../../wire/segment.ts'
import { addOptions, settingsOf } from '../options.ts'
import { sizeText } from '../size-text.ts'
import { many } from '../words.ts'
import { findSpool, isFile, ownerText, spoolSettings } from './place.ts'
import { scanAll, segmentsIn } from './scan.ts'
import type { Output } from '../output.ts'
import type { ExitCode } from '../exit-code.ts'
import type { BootFolder } from './place.ts'
import type { SegmentFile, SegmentScan } from './scan.ts'

const examples = `
One line for each segment file: class, records, bytes, sequence of the first and last record, state. The files are read
and never changed; the bot may be running. States: writing, closed, damaged, empty (no record yet), refused (of another
version, or not ours), unreadable.

Examples:
  $ fillpath spool ls
  $ fillpath spool ls --spool /var/lib/bot/fillpath-spool
  $ fillpath spool ls --json | jq .segments[].records`

/** `fillpath spool ls`: the segments. */
export function lsCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('ls')
    .description('list the segment files of a spool, of a running bot or a dead one')
    .argument('[path]', "a spool folder, or one run's folder in it; without it --spool")
    .option('--json', 'what is known of each, as JSON')
    .addHelpText('after', examples)
  addOptions(command, spoolSettings, ['spool'])
  return command.action((path: string | undefined, options: Readonly<Record<string, unknown>>) => {
    const { spool } = settingsOf(spoolSettings, options)
    const { root, install, boots } = findSpool(path ?? spool)
    const listed = boots.map((boot) => ({
      boot,
      scans: [...scanAll(segmentsIn(boot))].filter(({ state }) => state !== 'gone'),
    }))
    if (output.json) {
      output.value({
        root,
        install,
        segments: listed.flatMap(({ boot, scans }) => scans.map((scan) => segmentJson(boot, scan))),
      })
    } else draw(output, root, listed)
    end(0)
  })
}

/** A single file that was named, as a segment. */
export function fileAt(path: string): SegmentFile {
  const name = basename(path)
  const parsed = parseSegmentName(name)
  return {
    path: resolve(path),
    name,
    class: parsed?.class,
    number: parsed?.number ?? 0,
    isGrowing: false,
  }
}

/** The segments that are meant by a path: those of a file, of a run, of all runs of a spool. */
export function segmentsAt(path: string): { readonly root: string; readonly files: SegmentFile[] } {
  if (isFile(path)) return { root: resolve(path), files: [fileAt(path)] }
  const { root, boots } = findSpool(path)
  return { root, files: boots.flatMap(segmentsIn) }
}

/** How a segment stands, in a word. */
export function stateText({ state, file }: SegmentScan): string {
  return state === 'whole' ? (file.isGrowing ? 'writing' : 'closed') : state
}

function segmentJson(boot: BootFolder, scan: SegmentScan): unknown {
  const { file, records, bytes, first, last, damage, problem } = scan
  return {
    boot: boot.boot,
    file: file.path,
    class: file.class,
    number: file.number,
    state: stateText(scan),
    records,
    bytes,
    firstSequence: first ?? null,
    lastSequence: last ?? null,
    damage: damage.map(({ kind, offset, bytes, records }) => ({
      kind,
      offset,
      bytes,
      records: records ?? null,
    })),
    ...(problem !== '' && { problem }),
  }
}

function draw(
  output: Output,
  root: string,
  listed: readonly { readonly boot: BootFolder; readonly scans: readonly SegmentScan[] }[],
): void {
  let records = 0
  let bytes = 0
  let count = 0
  for (const { boot, scans } of listed) {
    output.line(`${output.paint('bold', basename(boot.path))}  ${ownerText(boot)}`)
    if (scans.length === 0) output.line('  no segment')
    for (const scan of scans) {
      records += scan.records
      bytes += scan.bytes
      count += 1
      output.line(row(scan, output))
    }
  }
  output.line(
    `${root}: ${many(records, 'record')} in ${many(count, 'segment')}, ${sizeText(bytes)}`,
  )
}

function row(scan: SegmentScan, output: Output): string {
  const { file, records, bytes, first, last, damage, problem } = scan
  const state = stateText(scan)
  const style = damage.length > 0 || problem !== '' ? 'red' : 'dim'
  const sequences = first === undefined ? '' : `sequence ${first} … ${last}`
  const cells = [
    file.name.padEnd(22),
    many(records, 'record').padStart(16),
    sizeText(bytes).padStart(10),
    sequences.padEnd(24),
    output.paint(style, state + (problem === '' ? '' : `: ${problem}`)),
  ]
  return `  ${cells.join('  ')}`
}
