import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { applyAge } from '../archive/age.ts'
import { lockFolder } from '../archive/folder-lock.ts'
import { followRemovals } from '../desk/import/removals.ts'
import { openStore } from '../desk/store/store.ts'
import { deskSettings } from '../desk/settings.ts'
import { FillpathError } from '../semconv/error.ts'
import { indexPath } from '../wire/paths.ts'
import { addOptions, settingsOf } from './options.ts'
import { many } from './words.ts'
import type { AgeReport } from '../archive/age.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './exit-code.ts'

const examples = `
A running desk does this by itself each day; run it by hand where no desk runs. Today's files are never touched, and a
file goes only after its compressed copy was read back and found equal. What came only from deleted files leaves the
index too.

Examples:
  $ fillpath clean --dry-run                   what would be done
  $ fillpath clean
  $ fillpath clean --archive-after-days 1 --delete-after-days 30
  $ fillpath clean --delete-after-days 0       delete nothing`

/** `fillpath clean`: compresses and deletes what is past its age. */
export function cleanCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('clean')
    .description('compress old files into archive/, and delete those past their age')
    .option('--dry-run', 'only tell what would be done')
    .option('--json', 'the paths, as JSON')
    .addHelpText('after', examples)
  addOptions(command, deskSettings, ['data', 'timeZone', 'archiveAfterDays', 'deleteAfterDays'])
  return command.action(async (options: Readonly<Record<string, unknown>>) => {
    const { data, timeZone, archiveAfterDays, deleteAfterDays } = settingsOf(deskSettings, options)
    const dryRun = options['dryRun'] === true
    const folder = resolve(data)
    if (!existsSync(folder)) {
      throw new FillpathError('not_found', `there is no folder ${folder}`, {
        hint: 'Say where the files are with --data FOLDER or FILLPATH_DATA.',
      })
    }
    const lock = dryRun ? undefined : await lockFolder(folder)
    try {
      const report = await applyAge(folder, {
        nowMs: Number(systemClock.wallNs() / 1_000_000n),
        timeZone,
        archiveAfterDays,
        deleteAfterDays,
        dryRun,
        // The lock keeps every writer out.
        exclusively: async (work) => work(),
      })
      const faults = [...report.faults]
      const forgotten = dryRun ? [] : await forgetIn(folder, faults)
      tell(output, { ...report, faults, forgotten }, dryRun)
      end(faults.length > 0 ? 1 : 0)
    } finally {
      await lock?.release()
    }
  })
}

/** Takes out of the index what came from deleted files; the index is not made where there is none. */
async function forgetIn(folder: string, faults: string[]): Promise<string[]> {
  const path = join(folder, indexPath)
  if (!existsSync(path)) return []
  try {
    const store = openStore(path)
    try {
      return await followRemovals(store, folder)
    } finally {
      store.close()
    }
  } catch (error) {
    if (!(error instanceof FillpathError)) throw error
    faults.push(`the index knows the deleted files still: ${error.message}. ${error.hint}`)
    return []
  }
}

interface CleanReport extends AgeReport {
  /** Files of which the index knows no more. */
  readonly forgotten: readonly string[]
}

function tell(output: Output, report: CleanReport, dryRun: boolean): void {
  if (output.json) {
    output.value({ dry_run: dryRun, ...report })
    return
  }
  const { archived, deleted, bytesFreed, faults, forgotten } = report
  for (const path of archived) output.line(`compress  ${path}`)
  for (const path of deleted) output.line(`delete    ${path}`)
  for (const fault of faults) output.note(`fillpath: ${fault}`)
  for (const path of forgotten) output.line(`forget    ${path}  (in the index)`)
  const freed = `${(bytesFreed / 1_048_576).toFixed(1)} MiB`
  const done = `${many(archived.length, 'file')} compressed, ${many(deleted.length, 'file')} deleted, ${freed} freed`
  output.note(dryRun ? `Would be done: ${done} by deletion. Nothing was changed.` : `${done}.`)
}
