import { Command } from 'commander'
import { zoneOf } from '../../archive/zone.ts'
import { FillpathError } from '../../semconv/error.ts'
import { encodeLine } from '../../wire/line.ts'
import { addOptions, settingsOf } from '../options.ts'
import { sizeText } from '../size-text.ts'
import { many } from '../words.ts'
import { decodePayload } from './decode.ts'
import { findSpool, spoolSettings } from './place.ts'
import { putAsideIn } from './put-aside.ts'
import { recordLine } from './record-line.ts'
import { parseChannel } from './survey.ts'
import type { WireRecord } from '../../wire/record.ts'
import type { Output } from '../output.ts'
import type { ExitCode } from '../exit-code.ts'
import type { PutAside } from './put-aside.ts'

const examples = `
A record is put aside when a receiver refuses it for good, or when its bytes are damaged. It stays there, for a person to
look at, until the folder "quarantine" in the spool is deleted. ls says what and why; cat shows the records as well, as
far as they can be read (where a record came from is not kept with it).

Examples:
  $ fillpath spool quarantine
  $ fillpath spool quarantine cat
  $ fillpath spool quarantine cat --json | jq .reason`

/** `fillpath spool quarantine`: what was refused or damaged. */
export function quarantineCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('quarantine')
    .description('show the records that were refused or damaged, with the reasons')
    .argument('[action]', 'ls: what and why; cat: the records too', 'ls')
    .option('--json', 'one JSON object for each')
    .addHelpText('after', examples)
  addOptions(command, spoolSettings, ['spool', 'timeZone'])
  return command.action((action: string, options: Readonly<Record<string, unknown>>) => {
    if (action !== 'ls' && action !== 'cat') {
      throw new FillpathError('usage', `"${action}" is neither ls nor cat`)
    }
    const { spool, timeZone } = settingsOf(spoolSettings, options)
    const { root, quarantine } = findSpool(spool)
    const zone = zoneOf(timeZone)
    const problems: string[] = []
    let records = 0
    for (const entry of putAsideIn(quarantine, (problem) => problems.push(problem))) {
      records += entry.note.records
      const found = action === 'cat' ? recordsOf(entry) : []
      if (output.json) {
        output.value(entryJson(entry, action === 'cat', found))
        continue
      }
      output.line(headLine(entry, output))
      for (const record of found) output.line(`  ${recordLine(record, { zone, output })}`)
      if (action === 'cat' && found.length === 0) output.line(`  ${bytesText(entry.bytes)}`)
    }
    for (const problem of problems) output.note(problem)
    if (records === 0 && problems.length === 0) output.note(`nothing was put aside in ${root}`)
    else if (!output.json) output.note(`${many(records, 'record')} put aside in ${root}`)
    end(problems.length === 0 ? 0 : 1)
  })
}

function headLine({ boot, note }: PutAside, output: Output): string {
  const { reason, records, segment, offset, destination } = note
  const who =
    destination === undefined ? '' : ` by ${parseChannel(destination)?.destination ?? destination}`
  const what = destination === undefined ? reason : `refused${who}: ${reason}`
  return `${output.paint('bold', many(records, 'record'))}  ${what}  ${output.paint('dim', `${segment}:${offset} of run ${boot}`)}`
}

/** The record as far as it can be read: what it came from is not kept with it. */
function recordsOf({ note, bytes }: PutAside): readonly WireRecord[] {
  const signal = parseChannel(note.destination ?? '')?.signal
  if (signal === undefined || bytes.length === 0) return []
  const none = new Uint8Array(0)
  try {
    return decodePayload(signal, { resource: none, scope: none }, [bytes])
  } catch {
    return []
  }
}

const shownMax = 64

function bytesText(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the bytes were not kept: the quarantine was full'
  const shown = Buffer.from(bytes.subarray(0, shownMax)).toString('hex')
  return `${sizeText(bytes.length)} that are no record: ${shown}${bytes.length > shownMax ? '…' : ''}`
}

function entryJson(
  { boot, note, bytes }: PutAside,
  isCat: boolean,
  records: readonly WireRecord[],
): unknown {
  return {
    boot,
    ...note,
    ...(isCat && {
      lines: records.map((record): unknown => JSON.parse(encodeLine(record))),
      base64: Buffer.from(bytes).toString('base64'),
    }),
  }
}
