import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { importFiles, importStream, noCounts } from '../desk/import/import.ts'
import { readMapping } from '../desk/import/forms/built-in.ts'
import { mappedForm } from '../desk/import/forms/mapped.ts'
import { Rejects } from '../desk/import/rejects.ts'
import { allFiles, filesAt, taskFiles } from '../desk/import/sources.ts'
import { openStore } from '../desk/store/store.ts'
import { folderSettings } from '../desk/settings.ts'
import { FillpathError } from '../semconv/error.ts'
import { folderMode, indexPath } from '../wire/paths.ts'
import { addOptions, settingsOf } from './options.ts'
import { many } from './words.ts'
import type { ImportCounts, ImportOptions, LineForm } from '../desk/import/import.ts'
import type { SourceFile } from '../desk/import/sources.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './exit-code.ts'

const examples = `
Reads lines of fillpath, OTLP JSON lines as the Collector's file exporter writes them, task logs
(events.jsonl, orderbooks.jsonl) and JSON lines of Python bots; plain, .gz and .zst. What is there already is not added
again; a run that was killed goes on where it ended. Lines that are no records are written to import-rejects.jsonl in
the data folder, with file, number and reason.

Lines of other loggers are read by a mapping: pino, winston, structlog, or a file of your own (docs/import.md).

Examples:
  $ fillpath import --all                       all files of the data folder
  $ fillpath import --task abc123               one task of it
  $ fillpath import /backup/january otel.jsonl  other folders and files
  $ zcat old.gz | fillpath import -
  $ fillpath import bot.log --mapping pino      lines of another logger`

interface ImportCommandOptions {
  readonly task?: string
  readonly all?: boolean
  readonly data?: string
  readonly mapping?: string
}

/** `fillpath import`: files into the index. */
export function importCommand(output: Output, end: (code: ExitCode) => void): Command {
  const command = new Command('import')
    .description('read files into the SQLite index, for "fillpath query"')
    .argument('[paths...]', 'files, folders, or - for what is piped in')
    .option('--task <id>', 'the files of one task of the data folder')
    .option('--all', 'all files of the data folder')
    .option('--mapping <name>', 'how lines are read: pino, winston, structlog, or a file')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples)
  addOptions(command, folderSettings, ['data'])
  return command.action(async (paths: readonly string[], options: ImportCommandOptions) => {
    const { data } = settingsOf(folderSettings, { data: options.data })
    const folder = resolve(data)
    const form = formOf(options)
    const files = await filesFor(folder, paths, options)
    mkdirSync(folder, { recursive: true, mode: folderMode })
    const counts = await importInto(folder, files, { isPiped: paths.includes('-'), output, form })
    const isInVain = counts.bad > 0 && counts.added + counts.known === 0
    end(isInVain || counts.unreadable > 0 ? 1 : 0)
  })
}

/** What the lines of files of other loggers are. */
function formOf({ mapping: name, all, task }: ImportCommandOptions): LineForm | undefined {
  if (name === undefined) return undefined
  if (all === true || task !== undefined) {
    throw new FillpathError('usage', '--mapping is for files of other loggers', {
      hint: 'Name those files instead of --all or --task.',
    })
  }
  const mapping = readMapping(name)
  return { id: mapping.id, arrivalsOf: mappedForm(mapping) }
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
  {
    isPiped,
    output,
    form,
  }: {
    readonly isPiped: boolean
    readonly output: Output
    readonly form: LineForm | undefined
  },
): Promise<ImportCounts> {
  const counts = noCounts()
  const rejects = new Rejects(folder)
  const store = openStore(join(folder, indexPath))
  const progress = output.progress('importing')
  const bytesAll = files.reduce((sum, { size }) => sum + size, 0)
  let bytes = 0
  const options: ImportOptions = {
    form,
    onBadLine: (line) => rejects.add(line),
    onUnreadable: ({ message, hint }) => output.note(`fillpath: ${message}. ${hint}`),
    onProgress: (read) => progress.update((bytes += read) / Math.max(1, bytesAll)),
  }
  try {
    await importFiles(store, files, counts, options)
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
  const { files, unchanged, lines, added, known, bad, unfinished, unreadable } = counts
  const parts = [
    `${many(lines, 'line')} of ${many(files, 'file')}`,
    `${many(added, 'record')} added`,
    known > 0 ? `${known.toLocaleString('en')} known already` : '',
    unchanged > 0 ? `${many(unchanged, 'file')} unchanged` : '',
    unfinished > 0 ? `${many(unfinished, 'last line')} not whole yet` : '',
    unreadable > 0 ? `${many(unreadable, 'file')} not read to the end` : '',
  ]
  output.line(parts.filter((part) => part !== '').join(', '))
  if (bad > 0) output.note(`fillpath: ${many(bad, 'line')} could not be read; see ${rejects}`)
}
