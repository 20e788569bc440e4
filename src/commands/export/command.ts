import { severityOf } from '../query-options.ts'
import type { Command } from 'commander'
import type { Output } from '../output.ts'
import type { ExitCode } from '../exit-code.ts'
import type { ExportOptions } from './export.ts'

const examples = `
Reads the files of the data folder, archived ones too, or those that are named: lines of fillpath, OTLP JSON lines, task
logs and lines of Python bots, plain, .gz and .zst. What was imported from elsewhere has to be named.

  jsonl    lines of fillpath, lossless: what "fillpath import" reads
  otlp     OTLP JSON, one request a line: for the Collector's otlpjsonfile receiver, otel-tui, lnav; lossless
  csv      one table; times in ISO 8601 with nine decimals
  parquet  one table, with types, for DuckDB, pandas, Spark: money is text to the last digit

Examples:
  $ fillpath query export --task 7f3a --output task.jsonl
  $ fillpath query export --days 7 --output week.otlp.jsonl.zst
  $ fillpath query export --event 'order.*' --columns trading.order.price,trading.order.quantity --output orders.csv
  $ fillpath query export --date 2026-01-15 --signals spans --output spans.parquet
  $ fillpath query export --correlation sig_abc123 --format otlp | curl --data-binary @- …`

interface Options extends Omit<ExportOptions, 'severity'> {
  readonly level?: string
}

/** Adds `fillpath query export`. What it needs is loaded when it runs. */
export function addExport(query: Command, output: Output, end: (code: ExitCode) => void): void {
  query
    .command('export')
    .description('records as JSON lines, OTLP JSON, CSV or Parquet')
    .argument('[paths...]', 'files and folders instead of the data folder')
    .option('--format <name>', 'jsonl, otlp, csv or parquet (else by the name of the file; jsonl)')
    .option('--output <file>', 'the file to write; .gz and .zst are compressed (else stdout)')
    .option('--force', 'overwrite the file')
    .option('--signals <names>', 'logs, spans, metrics, with commas (else all; in a table logs)')
    .option('--event <name>', 'events whose name matches, such as order.*')
    .option('--level <level>', 'log lines of this level or above')
    .option('--columns <names>', 'attributes that get a column of their own, with commas')
    .option('--from <time>', 'from this date or time on')
    .option('--to <time>', 'up to this date, or before this time')
    .option('--days <number>', 'the last days')
    .option('--date <date>', 'one day')
    .option('--task <id>', 'only of this task')
    .option('--correlation <id>', 'only of this correlation id')
    .option('--symbol <symbol>', 'only of this symbol')
    .option('--venue <venue>', 'only of this venue')
    .option('--strategy <name>', 'only of this strategy')
    .option('--data <folder>', 'folder of the files (FILLPATH_DATA, else ./fillpath-data)')
    .option('--time-zone <zone>', 'zone of dates and times (FILLPATH_TIME_ZONE, else UTC)')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples)
    .action(async (paths: readonly string[], { level, ...options }: Options) => {
      const { exportRecords } = await import('./export.ts')
      await exportRecords(output, paths, { ...options, severity: severityOf(level) })
      end(0)
    })
}
