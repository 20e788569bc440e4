import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { importFile, importStream, noCounts } from '../desk/import/import.ts'
import { Rejects } from '../desk/import/rejects.ts'
import { allFiles, filesAt, taskFiles } from '../desk/import/sources.ts'
import { openStore } from '../desk/store/store.ts'
import { folderSettings } from '../desk/settings.ts'
import { FillpathError } from '../semconv/error.ts'
import { folderMode, indexPath } from '../wire/paths.ts'
import { addOptions, settingsOf } from './options.ts'
import { many } from './words.ts'
import type { ImportCounts, ImportOptions } from '../desk/import/import.ts'
import type { SourceFile } from '../desk/import/sources.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './program.ts'

const examples = `
Reads lines of fillpath, OTLP JSON lines as the Collector's file exporter writes them, task logs
(events.jsonl, orderbooks.jsonl) and JSON lines of Python bots; plain, .gz and .zst. What is there already is not added
again; a run that was killed goes on where it ended. Lines that are no records are written to import-rejects.jsonl in
the data folder, with file, number and reason.

Examples:
  $ fillpath import --all                       all files of the data folder
  $ fillpath import --task abc123               one task of it
  $ fillpath import /backup/january otel.jsonl  other folders and files
  $ zcat old.gz | fillpath import -`

interface ImportCommandOptions {
  readonly task?: string
  readonly all?: boolean
  readonly data?: string
}

/** `fillpath import`: files into the index. */
export function importCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('import')
    .description('read files into the SQLite index, for "fillpath query"')
    .argument('[paths...]', 'files, folders, or - for what is piped in')
    .option('--task <id>', 'the files of one task of the data folder')
    .option('--all', 'all files of the data folder')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples)
  addOptions(command, folderSettings, ['data'])
  return command.action(async (paths: readonly string[], options: ImportCommandOptions) => {
    const { data } = settingsOf(folderSettings, { data: options.data })
    const folder = resolve(data)
    const files = await filesFor(folder, paths, options)
    mkdirSync(folder, { recursive: true, mode: folderMode })
    const counts = await importInto(folder, files, paths.includes('-'), output)
    end(counts.bad > 0 && counts.added + counts.known === 0 ? 1 : 0)
  })
}

async function filesFor(
  folder: string,
  paths: readonly string[],
  { task, all }: ImportCommandOptions,
): Promise<SourceFile[]> {
  const files: SourceFile[] = []
  if (all === true) files.push(...(await allFiles(folder)))
  if (task !== undefined) files.push(...(await taskFiles(folder, task)))
  for (const path of paths) if (path !== '-') files.push(...(await filesAt(path, folder)))
  if (files.length === 0 && !paths.includes('-')) {
    if (all === true)
      throw new FillpathError('not_found', `there are no files of records in ${folder}`)
    throw new FillpathError('usage', 'nothing was named to import', {
      hint: 'Name files or folders, or --task ID, or --all, or - for what is piped in.',
    })
  }
  return files
}

async function importInto(
  folder: string,
  files: readonly SourceFile[],
  isPiped: boolean,
  output: Output,
): Promise<ImportCounts> {
  const counts = noCounts()
  const rejects = new Rejects(folder)
  const store = openStore(join(folder, indexPath))
  const progress = output.progress('importing')
  const bytesAll = files.reduce((sum, { size }) => sum + size, 0)
  let bytes = 0
  const options: ImportOptions = {
    onBadLine: (line) => rejects.add(line),
    onProgress: (read) => progress.update((bytes += read) / Math.max(1, bytesAll)),
  }
  try {
    for (const file of files) await importFile(store, file, counts, options)
    if (isPiped) await importStream(store, process.stdin, counts, { ...options, name: '-' })
  } finally {
    progress.done()
    store.close()
    rejects.close()
  }
  tellImport(output, counts, rejects.path)
  return counts
}

/** Says what came of an import. */
export function tellImport(output: Output, counts: ImportCounts, rejects: string): void {
  if (output.json) {
    output.value({ ...counts, ...(counts.bad > 0 && { rejects }) })
    return
  }
  const { files, unchanged, lines, added, known, bad, unfinished } = counts
  const parts = [
    `${many(lines, 'line')} of ${many(files, 'file')}`,
    `${many(added, 'record')} added`,
    known > 0 ? `${known.toLocaleString('en')} known already` : '',
    unchanged > 0 ? `${many(unchanged, 'file')} unchanged` : '',
    unfinished > 0 ? `${many(unfinished, 'last line')} not whole yet` : '',
  ]
  output.line(parts.filter((part) => part !== '').join(', '))
  if (bad > 0) output.note(`fillpath: ${many(bad, 'line')} could not be read; see ${rejects}`)
}
