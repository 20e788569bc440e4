import { resolve } from 'node:path'
import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { removedNames } from '../archive/removed.ts'
import { verifyFolder } from '../archive/verify.ts'
import { folderSettings } from '../desk/settings.ts'
import { FillpathError } from '../semconv/error.ts'
import { addOptions, settingsOf } from './options.ts'
import { many } from './words.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './exit-code.ts'

const examples = `
Each line of the events, spans and metrics has a hash over itself and the line before, in a .chain file beside it; each
file names the last hash of the one before. The chain has no key: who can write the folder can forge it whole. Keep the
heads that this prints elsewhere, and compare them, to prove a folder against its owner too.

Exit codes: 0 whole, 1 damaged or missing, 2 cannot be read.

Examples:
  $ fillpath verify
  $ fillpath verify /backup/fillpath-data --json`

/** `fillpath verify`: whether the files are as they were written. */
export function verifyCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('verify')
    .description('find lines and files that were deleted, changed, inserted, swapped or cut')
    .argument('[folder]', 'the folder, as --data')
  return addOptions(command, folderSettings, ['data'])
    .option('--json', 'what was found, as JSON')
    .addHelpText('after', examples)
    .action(async (given: string | undefined, options: Readonly<Record<string, unknown>>) => {
      const folder = resolve(given ?? settingsOf(folderSettings, options).data)
      const hint = 'Say where the files are: fillpath verify FOLDER.'
      if (!existsSync(folder)) {
        output.error(new FillpathError('file_unusable', `there is no folder ${folder}`, { hint }))
        return end(2)
      }
      const found = await verifyFolder(folder).catch((cause: unknown) => {
        if (!(cause instanceof Error && 'syscall' in cause)) throw cause
        const message = `${folder} cannot be read: ${cause.message}`
        output.error(new FillpathError('file_unusable', message, { cause }))
      })
      if (found === undefined) return end(2)
      // A wrong folder, or one that all was taken from, must not be told as whole; one that aged away is.
      const isEmpty = found.files === 0 && found.damages.length === 0
      if (isEmpty && (await removedNames(folder)).size === 0)
        throw new FillpathError('not_found', `${folder} holds no file of records`, { hint })
      if (output.json) output.value({ folder, ...found })
      else {
        for (const { file, line, what } of found.damages) {
          output.line(`${file}${line === undefined ? '' : `:${line}`}  ${what}`)
        }
        for (const note of found.notes) output.note(note)
        for (const [kind, head] of Object.entries(found.heads)) output.line(`head ${kind}  ${head}`)
        const said = found.damages.length === 0 ? 'whole' : many(found.damages.length, 'damage')
        output.line(`${many(found.files, 'file')}, ${many(found.lines, 'line')}: ${said}`)
      }
      end(found.damages.length === 0 ? 0 : 1)
    })
}
