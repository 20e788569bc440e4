import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { importFile, importStream, noCounts } from '../../../src/desk/import/import.ts'
import { rebuildIndex } from '../../../src/desk/import/rebuild.ts'
import { allFiles, filesAt, taskFiles } from '../../../src/desk/import/sources.ts'
import { openStore } from '../../../src/desk/store/store.ts'
import { encodeLine } from '../../../src/wire/line.ts'
import type { BadLine, ImportCounts } from '../../../src/desk/import/import.ts'
import type { SourceFile } from '../../../src/desk/import/sources.ts'
import { allRows, rowCounts } from '../store/rows.ts'
import { scenario } from '../store/scenario.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-import-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const taskLog = `{"timestamp":1704067200000,"taskId":"abc123","sequence":1,"type":"TASK_CREATED","payload":{"status":"PENDING","taskConfig":{"type":"BUY","marketId":289,"predictPrice":0.55,"quantity":100}}}
{"timestamp":1704067201000,"taskId":"abc123","sequence":2,"type":"TASK_STARTED","payload":{"status":"PREDICT_SUBMITTED"}}
{"timestamp":1704067202000,"taskId":"abc123","sequence":3,"type":"ORDER_SUBMITTED","payload":{"platform":"predict","orderId":"0x123...","side":"BUY","price":0.55,"quantity":100,"filledQty":0}}
{"timestamp":1704067210000,"taskId":"abc123","sequence":4,"type":"ORDER_PARTIAL_FILL","payload":{"platform":"predict","orderId":"0x123...","filledQty":50,"avgPrice":0.55}}
{"timestamp":1704067215000,"taskId":"abc123","sequence":5,"type":"HEDGE_STARTED","payload":{"hedgeQty":50,"totalHedged":0,"orderbookSnapshotSeq":2}}
{"timestamp":1704067216000,"taskId":"abc123","sequence":6,"type":"HEDGE_COMPLETED","payload":{"hedgeQty":50,"totalHedged":50,"avgHedgePrice":0.44}}
`

const pythonLog = `{"timestamp": "2026-01-15T10:30:45.123Z", "level": "INFO", "module": "atr_detector", "event": "signal_detected", "correlation_id": "sig_abc123", "data": {"symbol": "BTCUSDT", "direction": "UP", "price": 95000.0, "atr": 1500.0, "velocity": 0.008, "confidence": 0.85}}
{"timestamp": "2026-01-15T10:30:45.234Z", "level": "INFO", "module": "simple_hedge", "event": "order_submitting", "correlation_id": "sig_abc123", "data": {"symbol": "BTCUSDT", "side": "BUY", "quantity": 0.01, "order_type": "MARKET"}}
{"timestamp": "2026-01-15T10:30:45.567Z", "level": "INFO", "module": "simple_hedge", "event": "order_filled", "correlation_id": "sig_abc123", "data": {"symbol": "BTCUSDT", "order_id": "123456789", "avg_price": 95001.5, "filled_qty": 0.01}}
{"timestamp": "2026-01-15T10:30:45.678Z", "level": "INFO", "module": "simple_hedge", "event": "position_opened", "correlation_id": "sig_abc123", "data": {"symbol": "BTCUSDT", "side": "LONG", "entry_price": 95001.5, "quantity": 0.01}}
`

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

function linesOf(records = scenario()): string {
  return records.map((record) => `${encodeLine(record)}\n`).join('')
}

async function importAll(
  files: readonly SourceFile[],
  index = 'index.db',
): Promise<{ counts: ImportCounts; bad: BadLine[] }> {
  const counts = noCounts()
  const bad: BadLine[] = []
  const store = openStore(join(folder, index))
  try {
    for (const file of files) {
      await importFile(store, file, counts, { onBadLine: (line) => bad.push(line) })
    }
  } finally {
    store.close()
  }
  return { counts, bad }
}

const importPath = async (path: string, index?: string): ReturnType<typeof importAll> =>
  importAll(await filesAt(path, folder), index)

describe('task logs and JSON lines of Python', () => {
  test('[B22, B23, B25, B27, B32] six lines of a task give the task, six events, one order and the hedge', async () => {
    write('tasks/abc123/events.jsonl', taskLog)
    await importAll(await taskFiles(folder, 'abc123'))
    const rows = allRows(join(folder, 'index.db'))
    expect(rows['tasks']).toMatchObject([
      {
        id: 'abc123',
        type: 'BUY',
        status: 'started',
        quantity: '100',
        filled_qty: '50',
        avg_price: '0.55',
        hedged_qty: '50',
        avg_hedge_price: '0.44',
        created_at: 1704067200000,
        completed_at: null,
        is_success: null,
      },
    ])
    expect(rows['events']?.map(({ sequence }) => sequence).sort()).toEqual([1, 2, 3, 4, 5, 6])
    expect(rows['orders']).toMatchObject([
      {
        task_id: 'abc123',
        venue: 'predict',
        order_id: '0x123...',
        side: 'buy',
        price: '0.55',
        quantity: '100',
        filled_qty: '50',
        status: 'partially_filled',
        submitted_at: 1704067202000,
        filled_at: null,
      },
    ])
    expect(rows['hedges']).toMatchObject([
      { status: 'completed', covered_qty: '50', avg_price: '0.44' },
    ])
    expect(rows['orderbook_snapshots']).toEqual([])
  })

  test('[A67, B48] four lines of a Python bot are one flow, also when the last line has no end', async () => {
    await importPath(write('signals.jsonl', pythonLog.trimEnd()))
    const rows = allRows(join(folder, 'index.db'))
    expect(new Set(rows['events']?.map(({ trace_id }) => trace_id)).size).toBe(1)
    expect(rows['events']?.map(({ type }) => type).sort()).toEqual([
      'trading.order.filled',
      'trading.order.submitting',
      'trading.position.opened',
      'trading.signal.detected',
    ])
    expect(rows['orders']).toMatchObject([
      { order_id: '123456789', avg_price: '95001.5', status: 'filled' },
    ])
  })
})

describe('again and again', () => {
  test('[B44] [P12] a second import of the same files reads nothing; under another name it adds nothing', async () => {
    const path = write('a.jsonl', linesOf() + taskLog + pythonLog)
    await importPath(path)
    const before = allRows(join(folder, 'index.db'))
    const again = await importPath(path)
    expect(again.counts).toMatchObject({ files: 1, unchanged: 1, lines: 0, added: 0 })
    const copy = await importPath(write('b.jsonl', linesOf() + taskLog + pythonLog))
    expect(copy.counts).toMatchObject({ added: 0 })
    expect(copy.counts.known).toBeGreaterThan(30)
    expect(allRows(join(folder, 'index.db'))).toEqual(before)
  })

  test('[B44] [P12] a file that grew is read from where it ended, one that was replaced from its start', async () => {
    const path = write('a.jsonl', taskLog)
    await importPath(path)
    appendFileSync(path, pythonLog)
    const grown = await importPath(path)
    expect(grown.counts).toMatchObject({ lines: 4, added: 4, known: 0 })
    writeFileSync(path, pythonLog + pythonLog + pythonLog + taskLog)
    const replaced = await importPath(path)
    expect(replaced.counts).toMatchObject({ lines: 18, added: 0 })
  })

  test('[B48] half a last line is left alone, and read when it is whole', async () => {
    const cut = taskLog.length - 30
    const path = write('a.jsonl', taskLog.slice(0, cut))
    const first = await importPath(path)
    expect(first.counts).toMatchObject({ added: 5, bad: 0, unfinished: 1 })
    appendFileSync(path, taskLog.slice(cut))
    const second = await importPath(path)
    expect(second.counts).toMatchObject({ added: 1, bad: 0, unfinished: 0 })
  })
})

describe('files of all kinds', () => {
  test('gzip and zstd are read as they are, and known when they come again', async () => {
    const plain = await importPath(write('a.jsonl', linesOf()), 'plain.db')
    for (const [name, bytes] of [
      ['b.jsonl.gz', gzipSync(linesOf())],
      ['c.jsonl.zst', zstdCompressSync(linesOf())],
    ] as const) {
      const path = write(name, bytes)
      const packed = await importPath(path, `${name}.db`)
      expect(packed.counts.added).toBe(plain.counts.added)
      expect(allRows(join(folder, `${name}.db`))).toEqual(allRows(join(folder, 'plain.db')))
      expect((await importPath(path, `${name}.db`)).counts).toMatchObject({
        unchanged: 1,
        lines: 0,
      })
    }
  })

  test('[B48] bad lines are told with file, number and reason, and the rest is read', async () => {
    const [first = '', second = '', ...rest] = taskLog.split('\n')
    const lines = [first, '{"half":', '', second, '\u0000\u0000', ...rest]
    const { counts, bad } = await importPath(write('a.jsonl', lines.join('\n')))
    expect(counts).toMatchObject({ added: 6, bad: 2 })
    expect(bad).toMatchObject([
      { file: 'a.jsonl', line: 2, reason: expect.stringContaining('not JSON') },
      { file: 'a.jsonl', line: 5, reason: expect.stringContaining('not JSON') },
    ])
  })

  test('a byte order mark and lines that end as on Windows are read; UTF-16 is refused with what to do', async () => {
    const { counts } = await importPath(
      write('a.jsonl', `\uFEFF${taskLog.replaceAll('\n', '\r\n')}`),
    )
    expect(counts).toMatchObject({ added: 6, bad: 0 })
    const utf16 = Buffer.from(`\uFEFF${taskLog}`, 'utf16le')
    await expect(importPath(write('b.jsonl', utf16))).rejects.toMatchObject({
      code: 'line_malformed',
      hint: expect.stringContaining('iconv'),
    })
  })

  test('a packed file that is damaged is told by its name', async () => {
    const packed = gzipSync(linesOf())
    await expect(importPath(write('a.jsonl.gz', packed.subarray(0, 500)))).rejects.toMatchObject({
      code: 'line_malformed',
      message: expect.stringContaining('a.jsonl.gz is damaged'),
    })
  })

  test('a stream is read to its end', async () => {
    const store = openStore(join(folder, 'index.db'))
    const counts = noCounts()
    await importStream(
      store,
      Readable.from([Buffer.from(taskLog.slice(0, 100)), Buffer.from(taskLog.slice(100))]),
      counts,
      { name: '-' },
    )
    store.close()
    expect(counts).toMatchObject({ lines: 6, added: 6 })
  })

  test('[B27] an unknown task is answered with the nearest one', async () => {
    write('tasks/abc123/events.jsonl', taskLog)
    await expect(taskFiles(folder, 'abc124')).rejects.toMatchObject({
      code: 'not_found',
      hint: 'Did you mean "abc123"?',
    })
  })
})

describe('the index anew', () => {
  test('[B08] rows of a rebuilt index equal those of the imported one', async () => {
    const records = scenario()
    write('logs/events_20260115.jsonl', linesOf(records.filter(({ signal }) => signal === 'log')))
    write(
      'archive/traces/spans_20260115.jsonl.gz',
      gzipSync(linesOf(records.filter(({ signal }) => signal === 'span'))),
    )
    write(
      'metrics/metrics_20260115.jsonl',
      linesOf(records.filter(({ signal }) => signal === 'metric')),
    )
    write('tasks/abc123/events.jsonl', taskLog)
    await importAll(await allFiles(folder))
    const imported = allRows(join(folder, 'index.db'))
    expect(imported['spans']).toHaveLength(1)
    expect(imported['tasks']).toHaveLength(3)
    writeFileSync(join(folder, 'index.db'), 'damaged')
    await rebuildIndex(folder)
    expect(allRows(join(folder, 'index.db'))).toEqual(imported)
  })

  test('a rebuild that fails leaves the old index as it was', async () => {
    write('logs/events_20260115.jsonl', linesOf())
    await importAll(await allFiles(folder))
    write('logs/events_20260116.jsonl', Buffer.from(`\uFEFF${taskLog}`, 'utf16le'))
    const before = readFileSync(join(folder, 'index.db'))
    await expect(rebuildIndex(folder)).rejects.toMatchObject({ code: 'line_malformed' })
    expect(readFileSync(join(folder, 'index.db')).equals(before)).toBe(true)
    expect(rowCounts(join(folder, 'index.db'))['tasks']).toBe(2)
  })

  test('a folder without files is told', async () => {
    await expect(rebuildIndex(join(folder, 'none'))).rejects.toMatchObject({ code: 'not_found' })
  })
})
