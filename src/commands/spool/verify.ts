import { Command } from 'commander'
import { FillpathError } from '../../semconv/error.ts'
import { addOptions, settingsOf } from '../options.ts'
import { sizeText } from '../size-text.ts'
import { many } from '../words.ts'
import { fileAt, segmentsAt } from './ls.ts'
import { findSpool, isFile, spoolSettings } from './place.ts'
import { scanAll } from './scan.ts'
import type { Output } from '../output.ts'
import type { ExitCode } from '../exit-code.ts'
import type { Damage, SegmentFile, SegmentScan } from './scan.ts'

const examples = `
Reads every frame of every segment, checks its CRC-32, and counts the records that are not where they should be: each
carries how many of its series stand before it. Segments that were delivered and deleted are not missing. Nothing is
changed; the bot may be running.

Exit codes: 0 whole, 1 something is damaged or missing (file and byte are named), 2 something cannot be read.

Examples:
  $ fillpath spool verify
  $ fillpath spool verify fillpath-spool/9f…e1.nobody/critical-00000001.seg
  $ fillpath spool verify --json || echo "look at the disk"`

/** `fillpath spool verify`: each checksum, and what is missing. */
export function verifyCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('verify')
    .description('check every record of a spool: checksums, and whether one is missing')
    .argument('[path]', "a spool folder, one run's folder, or a segment file; without it --spool")
    .option('--json', 'what was found, as JSON')
    .addHelpText('after', examples)
  addOptions(command, spoolSettings, ['spool'])
  return command.action((path: string | undefined, options: Readonly<Record<string, unknown>>) => {
    const { spool } = settingsOf(spoolSettings, options)
    try {
      end(verify(output, path ?? spool))
    } catch (error) {
      if (!(error instanceof FillpathError) || error.code === 'internal') throw error
      output.error(error)
      end(2)
    }
  })
}

function verify(output: Output, path: string): ExitCode {
  const { root, files } = segmentsAt(path)
  const put: SegmentFile[] = isFile(path) ? [] : findSpool(path).quarantine.map(fileAt)
  const progress = output.progress('verifying')
  const scans: SegmentScan[] = []
  const all = [...files, ...put]
  for (const scan of scanAll(all)) {
    scans.push(scan)
    progress.update(scans.length / all.length)
  }
  progress.done()
  const damage = scans.flatMap((scan) => scan.damage)
  const problems = scans.flatMap(({ problem }) => (problem === '' ? [] : [problem]))
  const records = scans.reduce((sum, scan) => sum + scan.records, 0)
  const bytes = scans.reduce((sum, scan) => sum + scan.bytes, 0)
  const code = problems.length > 0 ? 2 : damage.length > 0 ? 1 : 0
  if (output.json) {
    output.value({
      root,
      segments: scans.length,
      records,
      bytes,
      whole: code === 0,
      damage: damage.map((each) => ({ ...each, records: each.records ?? null })),
      unreadable: problems,
    })
    return code
  }
  for (const each of damage) output.line(damageText(each))
  for (const problem of problems) output.line(problem)
  const what = `${many(records, 'record')} in ${many(scans.length, 'segment')}, ${sizeText(bytes)}`
  output.line(code === 0 ? `${root} is whole: ${what}` : `${root}: ${what} were read`)
  if (damage.length > 0) {
    output.note(
      'The rest can be read and is sent. What is damaged is put into the quarantine when the spool is sent.',
    )
  }
  return code
}

/** What is wrong with a place, with its file and byte. */
export function damageText({ kind, path, offset, bytes, records }: Damage): string {
  const lost =
    records === undefined ? 'its records cannot be counted' : `${many(records, 'record')} lost`
  switch (kind) {
    case 'header':
      return `${path}:0: the header is damaged; the records behind it can be read`
    case 'damaged':
      return `${path}:${offset}: ${many(bytes, 'byte')} are damaged, ${lost}`
    case 'torn':
      return `${path}:${offset}: the last ${many(bytes, 'byte')} are torn off, ${lost}`
    case 'missing':
      return `${path}:${offset}: ${many(records ?? 0, 'record')} missing before this place`
  }
}
