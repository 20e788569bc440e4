import { resolve } from 'node:path'
import { Command } from 'commander'
import { rebuildIndex } from '../desk/import/rebuild.ts'
import { Rejects } from '../desk/import/rejects.ts'
import { folderSettings } from '../desk/settings.ts'
import { tellImport } from './import.ts'
import { addOptions, settingsOf } from './options.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './exit-code.ts'

const examples = `
The files are the truth. The new index is made beside the old one and takes its place when it is whole. What was
imported from outside the data folder has to be imported again.

Examples:
  $ fillpath rebuild
  $ fillpath rebuild --data /var/lib/fillpath --json`

/** `fillpath rebuild`: the index anew. */
export function rebuildCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('rebuild')
    .description('make the SQLite index anew from the files of the data folder')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples)
  addOptions(command, folderSettings, ['data'])
  return command.action(async (options: Readonly<Record<string, unknown>>) => {
    const { data } = settingsOf(folderSettings, options)
    const folder = resolve(data)
    const rejects = new Rejects(folder)
    const progress = output.progress('rebuilding')
    let bytesAll = 0
    let bytes = 0
    try {
      const counts = await rebuildIndex(folder, {
        onSize: (size) => (bytesAll = size),
        onBadLine: (line) => rejects.add(line),
        onUnreadable: ({ message, hint }) => output.note(`fillpath: ${message}. ${hint}`),
        onProgress: (read) => progress.update((bytes += read) / Math.max(1, bytesAll)),
      })
      progress.done()
      tellImport(output, counts, rejects.path)
      end(counts.unreadable > 0 ? 1 : 0)
    } finally {
      progress.done()
      rejects.close()
    }
  })
}
