import { resolve } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { didYouMean } from '../../base/nearest.ts'
import { allFiles, filesAt, truthFiles } from '../../desk/import/sources.ts'
import { folderSettings } from '../../desk/settings.ts'
import { attributes } from '../../semconv/attributes.ts'
import { FillpathError } from '../../semconv/error.ts'
import { settingsOf } from '../options.ts'
import { periodOf } from '../period.ts'
import { damagedText, many } from '../words.ts'
import { wantedRecords } from './records.ts'
import { fileSink, stdoutSink } from './sink.ts'
import { csvWriter, lineWriter, otlpWriter } from './writers.ts'
import type { Output } from '../output.ts'
import type { QueryOptions } from '../query-options.ts'
import type { ExportFile, ExportFilter, Signal } from './records.ts'
import type { Sink } from './sink.ts'
import type { RecordWriter } from './writers.ts'

/** What can be said to `fillpath query export`, as it comes from the command line. */
export interface ExportOptions extends Omit<QueryOptions, 'csv' | 'limit' | 'from'> {
  readonly from?: string
  readonly format?: string
  readonly output?: string
  readonly force?: boolean
  readonly signals?: string
  readonly event?: string
  readonly columns?: string
  /** The lowest severity number. */
  readonly severity?: number | undefined
}

/** Forms of an export. */
export const formats = ['jsonl', 'otlp', 'csv', 'parquet'] as const

type Format = (typeof formats)[number]

const signalNames = { logs: 'log', spans: 'span', metrics: 'metric' } as const satisfies Record<
  string,
  Signal
>

/** What an export is made of. */
interface Plan {
  readonly format: Format
  readonly filter: ExportFilter
  readonly columns: readonly string[]
  readonly output: string | undefined
  readonly force: boolean
}

/**
 * Exports records of the files at `paths`, or of the data folder.
 * @throws FillpathError `usage`, `not_found`, `folder_unwritable`
 */
export async function exportRecords(
  output: Output,
  paths: readonly string[],
  options: ExportOptions,
): Promise<void> {
  const plan = planOf(options)
  const { data } = settingsOf(folderSettings, { data: options.data })
  const folder = resolve(data)
  const files = await filesFor(folder, paths)
  const sink = sinkOf(plan)
  const stop = (): never => {
    sink.discard()
    process.exit(130)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  try {
    const counts = await copy(output, files, plan, await writerOf(plan, sink))
    if (counts.logs + counts.spans + counts.metrics === 0) throw nothingIn(folder, files.length)
    await sink.commit()
    tell(output, counts, plan)
  } finally {
    sink.discard()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
  }
}

interface ExportCounts {
  logs: number
  spans: number
  metrics: number
  /** Lines that are no records. */
  bad: number
}

async function copy(
  output: Output,
  files: readonly ExportFile[],
  { filter }: Plan,
  writer: RecordWriter,
): Promise<ExportCounts> {
  const counts: ExportCounts = { logs: 0, spans: 0, metrics: 0, bad: 0 }
  const countNames = { log: 'logs', span: 'spans', metric: 'metrics' } as const
  const progress = output.progress('exporting')
  const bytesAll = files.reduce((sum, { size }) => sum + size, 0)
  let bytes = 0
  try {
    const records = wantedRecords(files, filter, {
      onBadLine: () => (counts.bad += 1),
      onDamaged: (path) => output.note(damagedText(path)),
      onProgress: (read) => progress.update((bytes += read) / Math.max(1, bytesAll)),
    })
    for await (const batch of records) {
      for (const { signal } of batch) counts[countNames[signal]] += 1
      await writer.add(batch)
    }
    await writer.end()
    return counts
  } finally {
    progress.done()
  }
}

function tell(output: Output, counts: ExportCounts, { output: path }: Plan): void {
  if (counts.bad > 0) output.note(`fillpath: ${many(counts.bad, 'line')} could not be read`)
  if (path === undefined) return
  if (output.json) output.value({ ...counts, output: resolve(path) })
  else {
    const parts = (['logs', 'spans', 'metrics'] as const).filter((name) => counts[name] > 0)
    const said = parts.map((name) => many(counts[name], name.slice(0, -1)))
    output.line(`${said.join(', ')} in ${resolve(path)}`)
  }
}

/** The files of the data folder: those that hold every record, and task logs in a foreign form, which stand nowhere else. */
async function filesFor(folder: string, paths: readonly string[]): Promise<ExportFile[]> {
  const files: ExportFile[] = []
  for (const path of paths) {
    files.push(...(await filesAt(path, folder)).map((file) => ({ ...file, foreignOnly: false })))
  }
  if (paths.length > 0) return files
  const truths = new Set((await truthFiles(folder)).map(({ name }) => name))
  const all = await allFiles(folder)
  return all.map((file) => ({ ...file, foreignOnly: !truths.has(file.name) }))
}

function sinkOf({ output, force, format }: Plan): Sink {
  if (output !== undefined) return fileSink(output, force)
  if (format === 'parquet' && process.stdout.isTTY) {
    throw new FillpathError('usage', 'a Parquet file is nothing to read on a terminal', {
      hint: 'Write it to a file: --output records.parquet',
    })
  }
  return stdoutSink()
}

async function writerOf({ format, filter, columns }: Plan, sink: Sink): Promise<RecordWriter> {
  const [signal = 'log'] = filter.signals
  switch (format) {
    case 'jsonl':
      return lineWriter(sink)
    case 'otlp':
      return otlpWriter(sink)
    case 'csv':
      return csvWriter(sink, signal, columns)
    case 'parquet': {
      // Loaded for those who want it alone.
      const { parquetWriter } = await import('./parquet.ts')
      return parquetWriter(sink, signal, columns)
    }
  }
}

function planOf(options: ExportOptions): Plan {
  const { timeZone } = settingsOf(folderSettings, { timeZone: options.timeZone })
  const format = formatOf(options)
  const isTable = format === 'csv' || format === 'parquet'
  const signals = signalsOf(options.signals, isTable)
  if (isTable && signals.size > 1) {
    throw new FillpathError('usage', `a ${format} file is one table, of one kind of record`, {
      hint: 'Say which with --signals logs, --signals spans or --signals metrics.',
    })
  }
  if (!isTable && options.columns !== undefined) {
    throw new FillpathError('usage', `--columns is for tables; ${format} holds every attribute`)
  }
  return {
    format,
    columns: columnsOf(options.columns),
    output: options.output,
    force: options.force === true,
    filter: {
      ...periodOf(options, timeZone, Number(systemClock.wallNs() / 1_000_000n)),
      task: options.task,
      correlation: options.correlation,
      symbol: options.symbol,
      venue: options.venue,
      strategy: options.strategy,
      event: options.event,
      severity: options.severity,
      signals,
    },
  }
}

const endings = [
  [/\.otlp\.jsonl?$/, 'otlp'],
  [/\.(?:jsonl|ndjson)$/, 'jsonl'],
  [/\.csv$/, 'csv'],
  [/\.parquet$/, 'parquet'],
] as const

/** As said, else by the name of the file, else our own lines. */
function formatOf({ format, output = '' }: ExportOptions): Format {
  if (format === undefined) {
    const name = output.replace(/\.(?:gz|zst)$/, '')
    return endings.find(([ending]) => ending.test(name))?.[1] ?? 'jsonl'
  }
  const known = formats.find((each) => each === format.toLowerCase())
  if (known !== undefined) return known
  const near = didYouMean(format, formats)
  throw new FillpathError(
    'usage',
    `--format is "${format}", not one of ${formats.join(', ')}.${near}`,
  )
}

function signalsOf(text: string | undefined, isTable: boolean): Set<Signal> {
  const names =
    text?.split(',').map((name) => name.trim()) ??
    (isTable ? ['logs'] : ['logs', 'spans', 'metrics'])
  return new Set(
    names.map((name) => {
      const signal = new Map<string, Signal>(Object.entries(signalNames)).get(name)
      if (signal !== undefined) return signal
      throw new FillpathError(
        'usage',
        `--signals has "${name}", not one of logs, spans, metrics.${didYouMean(name, Object.keys(signalNames))}`,
      )
    }),
  )
}

/** Attributes that get a column: of a name that is nearly one of the registry, that one was meant. */
function columnsOf(text: string | undefined): string[] {
  const names = text?.split(',').map((name) => name.trim()) ?? []
  for (const name of names) {
    const near = Object.hasOwn(attributes, name) ? '' : didYouMean(name, Object.keys(attributes))
    if (name !== '' && near === '') continue
    throw new FillpathError('usage', `--columns has "${name}", which is no attribute.${near}`)
  }
  return names
}

function nothingIn(folder: string, files: number): FillpathError {
  return new FillpathError('not_found', 'nothing in the files is what was asked for', {
    hint:
      files === 0
        ? `There are no files of records in ${folder}. Say where they are with --data FOLDER.`
        : 'Ask with fewer filters or another period.',
  })
}
