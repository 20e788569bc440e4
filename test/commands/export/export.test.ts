import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { Command } from 'commander'
import { parse } from 'csv-parse/sync'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addExport } from '../../../src/commands/export/command.ts'
import { Output } from '../../../src/commands/output.ts'
import { importFile, noCounts } from '../../../src/desk/import/import.ts'
import { filesAt } from '../../../src/desk/import/sources.ts'
import { openStore } from '../../../src/desk/store/store.ts'
import { encodeLine } from '../../../src/wire/line.ts'
import { attributesText } from '../../../src/wire/line/value.ts'
import { decodeRequest } from '../../../src/wire/otlp-json.ts'
import type { WireRecord } from '../../../src/wire/record.ts'
import { allRows } from '../../desk/store/rows.ts'
import { scenario, taskEvents } from '../../desk/store/scenario.ts'
import { run } from '../cli.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-export-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const byText = (a: unknown, b: unknown): number => (String(a) < String(b) ? -1 : 1)

class Quiet extends Output {
  override line(): void {
    // What was done is in the file.
  }
}

/** Exports within this process into a file, and gives what is in it. */
async function exported(name: string, ...args: string[]): Promise<string> {
  const query = new Command('query').exitOverride()
  const output = new Quiet({ json: false })
  addExport(query, output, () => undefined)
  const path = join(folder, name)
  const words = ['export', ...args, '--output', path, '--data', join(folder, 'data')]
  await query.parseAsync(words, { from: 'user' })
  return path.endsWith('.gz') || path.endsWith('.parquet') ? '' : readFileSync(path, 'utf8')
}

async function imported(path: string, name: string): Promise<Record<string, unknown[]>> {
  const store = openStore(join(folder, name))
  for (const file of await filesAt(path, folder)) await importFile(store, file, noCounts())
  store.close()
  return allRows(join(folder, name))
}

function write(name: string, content: string | Uint8Array): void {
  const path = join(folder, 'data', name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
}

const linesIn = (text: string): string[] => text.trimEnd().split('\n')
const rowsIn = (csv: string): Record<string, string>[] => parse(csv, { columns: true })

const linesOf = (records: readonly WireRecord[]): string =>
  records.map((record) => `${encodeLine(record)}\n`).join('')

/** The scenario as a desk keeps it: logs of the day plain, spans archived. */
function writeTruths(records: readonly WireRecord[] = scenario()): void {
  const of = (signal: WireRecord['signal']): string =>
    linesOf(records.filter((record) => record.signal === signal))
  write('logs/events_20260115.jsonl', of('log'))
  write('archive/traces/spans_20260115.jsonl.gz', gzipSync(of('span')))
  write('metrics/metrics_20260115.jsonl', of('metric'))
}

const taskLog = `{"timestamp":1704067200000,"taskId":"old","sequence":1,"type":"TASK_CREATED","payload":{"status":"PENDING"}}
{"timestamp":1704067201000,"taskId":"old","sequence":2,"type":"TASK_STARTED","payload":{}}
`

describe('what comes out goes in again', () => {
  test('[B08, B27] as OTLP JSON and as lines: imported elsewhere, the same rows', async () => {
    writeTruths()
    const wanted = await imported(join(folder, 'data'), 'wanted.db')
    for (const name of ['all.otlp.jsonl', 'all.jsonl', 'all.otlp.jsonl.gz', 'all.jsonl.zst']) {
      await exported(name)
      expect(await imported(join(folder, name), `${name}.db`)).toEqual(wanted)
    }
  })

  test('OTLP lines hold one kind of record each, resource and scope once, and no line is too long', async () => {
    const records = scenario()
    writeTruths(records)
    const lines = linesIn(await exported('a.otlp.jsonl'))
    expect(lines).toHaveLength(3)
    expect(lines.flatMap(decodeRequest)).toHaveLength(records.length)
    const [logs = ''] = lines
    expect(logs.match(/"resource":/g)).toHaveLength(1)
    const bot = { key: 'trading.bot.id', value: { stringValue: 'bot-1' } }
    expect(JSON.parse(logs)).toMatchObject({
      resourceLogs: [
        {
          resource: { attributes: expect.arrayContaining([bot]) },
          scopeLogs: [{ scope: { name: 'fillpath' } }],
        },
      ],
    })
    const long = Array.from({ length: 200 }, (_, index) =>
      taskEvents(`t${index}`, index, true).slice(0, 1),
    ).flatMap((events) => events.map((event) => ({ ...event, body: 'x'.repeat(20_000) })))
    write('logs/events_20260116.jsonl', linesOf(long))
    const split = linesIn(await exported('b.otlp.jsonl', '--signals', 'logs'))
    expect(Math.max(...split.map((line) => line.length))).toBeLessThanOrEqual(1_000_000)
    expect(split.length).toBeGreaterThan(4)
    const logCount = records.filter(({ signal }) => signal === 'log').length
    expect(split.flatMap(decodeRequest)).toHaveLength(logCount + 200)
  })

  test('[B27] task logs in a foreign form are exported, views of what stands elsewhere are not', async () => {
    const events = taskEvents('new', 0, true)
    writeTruths(events)
    write('tasks/new/events.jsonl', linesOf(events))
    write('tasks/old/events.jsonl', taskLog)
    const lines = linesIn(await exported('a.jsonl'))
    expect(lines).toHaveLength(events.length + 2)
    expect(lines.filter((line) => line.includes('"task_id":"old"'))).toHaveLength(2)
  })
})

type IndexRow = Readonly<Record<string, unknown>>

describe('what is wanted', () => {
  test('[X39] a task, a correlation id, an event pattern, a level, a time: each as the index has it', async () => {
    writeTruths()
    const rows = await imported(join(folder, 'data'), 'index.db')
    const events = (rows['events'] ?? []) as IndexRow[]
    const half = '2026-01-15T10:30:00.5Z'
    const cases: readonly (readonly [string[], (row: IndexRow) => boolean])[] = [
      [['--task', 'good'], (row) => row['task_id'] === 'good'],
      [['--correlation', 'sig_good'], (row) => row['correlation_id'] === 'sig_good'],
      [['--event', 'order.*'], (row) => String(row['type']).startsWith('trading.order.')],
      [['--event', 'trading.task.created'], (row) => row['type'] === 'trading.task.created'],
      [['--level', 'error'], (row) => Number(row['severity']) >= 17],
      [['--venue', 'bybit', '--strategy', 'atr'], (row) => row['venue'] === 'bybit'],
      [['--from', half], (row) => Number(row['timestamp']) >= Date.parse(half)],
      [['--to', half], (row) => Number(row['timestamp']) < Date.parse(half)],
    ]
    for (const [args, isWanted] of cases) {
      const got = rowsIn(await exported('a.csv', ...args, '--force'))
        // Snapshots have a table of their own in the index.
        .filter(({ event }) => event !== 'trading.book.snapshot')
        .map(({ message }) => message)
      const wanted = events.filter(isWanted).map((row) => row['message'])
      expect(wanted.length).toBeGreaterThan(0)
      expect([args, got.toSorted(byText)]).toEqual([args, wanted.toSorted(byText)])
    }
  })

  test('named files of any form are read instead of the data folder, to stdout', async () => {
    writeTruths()
    write('old.jsonl.gz', gzipSync(`${taskLog}half a li\n`))
    const path = join(folder, 'data', 'old.jsonl.gz')
    const { stdout, stderr, code } = await run(['query', 'export', path])
    expect(code).toBe(0)
    expect(linesIn(stdout)).toHaveLength(2)
    expect(stderr).toContain('1 line could not be read')
  })
})

describe('tables', () => {
  test('[A15] CSV: a row a record, money as it was written, attributes in columns of their own', async () => {
    writeTruths()
    const columns = ['--columns', 'trading.order.price,trading.fill.quantity']
    const [row] = rowsIn(await exported('fills.csv', '--event', 'order.filled', ...columns))
    expect(row).toMatchObject({
      timestamp: expect.stringMatching(/^2026-01-15T10:30:\d\d\.\d{9}Z$/),
      level: 'info',
      event: 'trading.order.filled',
      symbol: 'BTC/USDT',
      bot_id: 'bot-1',
      'trading.order.price': '101',
    })
    expect(JSON.parse(row?.['data'] ?? '')).toMatchObject({ 'trading.symbol': 'BTC/USDT' })
  })

  test.each(['log', 'span', 'metric'] as const)(
    '[A15] Parquet: every %s with types, times to the nanosecond',
    async (signal) => {
      const own = scenario().filter((record) => record.signal === signal)
      writeTruths()
      const columns = ['--columns', 'trading.order.price,trading.sequence']
      await exported('a.parquet', '--signals', `${signal}s`, ...columns)
      const bytes = readFileSync(join(folder, 'a.parquet'))
      const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
      const metadata = parquetMetadata(file)
      expect(metadata.num_rows).toBe(BigInt(own.length))
      const time = metadata.schema.find(({ name }) => name === 'timestamp')
      expect(time?.logical_type).toMatchObject({ type: 'TIMESTAMP', unit: 'NANOS' })
      const rows: IndexRow[] = await parquetReadObjects({
        file,
        // Without it times come as dates, to the millisecond.
        parsers: { timestampFromNanoseconds: (nanoseconds) => nanoseconds },
      })
      const orNull = (name: string) => own.map(({ attributes }) => attributes.get(name) ?? null)
      const columnOf = (name: string) => rows.map((row) => row[name] ?? null)
      expect(columnOf('timestamp')).toEqual(own.map(startOf))
      expect(columnOf('symbol')).toEqual(orNull('trading.symbol'))
      expect(columnOf('trading.sequence')).toEqual(orNull('trading.sequence'))
      expect(columnOf('trading.order.price')).toEqual(orNull('trading.order.price'))
      expect(columnOf('data')).toEqual(own.map(({ attributes }) => attributesText(attributes)))
    },
  )

  function startOf(record: WireRecord): bigint {
    return record.signal === 'span' ? record.start : record.time
  }
})

describe('the file', () => {
  test('appears whole or not at all, and overwrites nothing unasked', async () => {
    writeTruths()
    await expect(exported('out.jsonl', '--task', 'none')).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(readdirSync(folder)).toEqual(['data'])
    const before = await exported('out.jsonl', '--task', 'good')
    await expect(exported('out.jsonl')).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('--force'),
    })
    expect(readFileSync(join(folder, 'out.jsonl'), 'utf8')).toBe(before)
    const after = await exported('out.jsonl', '--force')
    expect(after.length).toBeGreaterThan(before.length)
    expect(readdirSync(folder).toSorted(byText)).toEqual(['data', 'out.jsonl'])
    await expect(exported(join('none', 'out.jsonl'))).rejects.toMatchObject({
      code: 'folder_unwritable',
    })
  })

  test('is compressed when its name says so', async () => {
    writeTruths()
    await exported('out.csv.gz')
    const text = gunzipSync(readFileSync(join(folder, 'out.csv.gz'))).toString()
    expect(text).toMatch(/^timestamp,observed_timestamp,level/)
  })

  test('[X39] words that mean nothing are told, with what may have been meant', async () => {
    writeTruths()
    const cases = [
      [['--format', 'parket'], 'Did you mean "parquet"?'],
      [['--format', 'csv', '--signals', 'logs,spans'], 'one table'],
      [['--signals', 'log'], 'Did you mean "logs"?'],
      [['--format', 'csv', '--columns', 'trading.ordr.price'], '"trading.order.price"'],
      [['--columns', 'trading.order.price'], 'is for tables'],
      [['--date', 'yesterday'], 'not a date'],
      [['--level', 'loud'], 'not one of trace'],
    ] as const
    for (const [args, text] of cases) {
      await expect(exported('out.jsonl', ...args)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(text),
      })
    }
    expect(readdirSync(folder)).toEqual(['data'])
  })
})
